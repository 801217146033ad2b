"""The campaign crew's tasks."""

from functools import partial

from rex_celery.agents.compliance import Compliance
from rex_celery.agents.outreach import Outreach
from rex_celery.agents.personalizer import Personalizer
from rex_celery.agents.quality_control import QualityControl
from rex_celery.outreach import labelling, mailboxes, rounds
from rex_celery.simulation import requests
from workers.app import app
from workers.base import AgentTask, by_ids, carry_out, guard


@app.task(name="campaign.personalizer", base=AgentTask, bind=True)
def personalizer(self: AgentTask, *ids: str | int) -> str:
    """Write the messages of a chunk."""
    return carry_out(self, Personalizer(guard), ids)


@app.task(name="campaign.compliance", base=AgentTask, bind=True)
def compliance(self: AgentTask, *ids: str | int) -> str:
    """Hold back whoever in a chunk may not be written to."""
    return carry_out(self, Compliance(guard), ids)


@app.task(name="campaign.quality_control", base=AgentTask, bind=True)
def quality_control(self: AgentTask, *ids: str | int) -> str:
    """Hold back the messages of a chunk that are not fit to be sent."""
    return carry_out(self, QualityControl(guard), ids)


@app.task(name="campaign.outreach", base=AgentTask, bind=True)
def outreach(self: AgentTask, *ids: str | int) -> str:
    """Send the messages of a chunk."""
    return carry_out(self, Outreach(guard), ids)


@app.task(name="campaign.poll_mailbox")
def poll_mailbox(*ids: str) -> str:
    """Read the new mail of a connected mailbox."""
    return by_ids("campaign.poll_mailbox", mailboxes.poll, ids)


@app.task(name="campaign.label_reply")
def label_reply(*ids: str) -> str:
    """Ask the model what an answer wants that the rules left unclear."""
    return by_ids("campaign.label_reply", labelling.label, ids)


@app.task(name="campaign.send_due")
def send_due(tenant: str, inbox: str, turn: int) -> str:
    """Send what is due from an inbox."""
    return by_ids("campaign.send_due", partial(rounds.send, turn), (tenant, inbox))


@app.task(name="campaign.simulate")
def simulate(*ids: str) -> str:
    """Run a simulation that somebody asked for."""
    return by_ids("campaign.simulate", requests.carry_out, ids)
