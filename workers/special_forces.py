"""The special_forces crew's tasks."""

from rex_celery.agents.analytics import Analytics
from workers.app import app
from workers.base import AgentTask, carry_out, guard


@app.task(name="special_forces.analytics", base=AgentTask, bind=True)
def analytics(self: AgentTask, *ids: str | int) -> str:
    """Count what a mission did."""
    return carry_out(self, Analytics(guard), ids)
