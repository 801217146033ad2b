"""The dead_lead crew's tasks."""

from rex_celery.agents.data_steward import DataSteward
from rex_celery.agents.reviver import Reviver
from workers.app import app
from workers.base import AgentTask, carry_out, guard


@app.task(name="dead_lead.data_steward", base=AgentTask, bind=True)
def data_steward(self: AgentTask, *ids: str | int) -> str:
    """Pick a mission's leads, or judge whether those of a chunk can be reached."""
    return carry_out(self, DataSteward(guard), ids)


@app.task(name="dead_lead.reviver", base=AgentTask, bind=True)
def reviver(self: AgentTask, *ids: str | int) -> str:
    """Score the leads of a chunk."""
    return carry_out(self, Reviver(guard), ids)
