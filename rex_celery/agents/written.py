"""A message as it is written: to whom, in whose name, from which facts, with its footer."""

from dataclasses import dataclass, field, replace
from datetime import date
from uuid import NAMESPACE_URL, UUID, uuid5

from rex_celery import config
from rex_celery.agents.base import Job, LeadRow
from rex_celery.compliance import footer, unsubscribe
from rex_celery.copywriting import frameworks
from rex_celery.copywriting.facts import Facts, LeadRecord, Sender, facts_of
from rex_celery.scoring import dormancy
from rex_celery.vocabulary import Channel, Framework


@dataclass(frozen=True, slots=True)
class Written:
    """A message ready to be stored; ``reason`` is a code when it will not be sent, ``position`` its place in a sequence."""  # noqa: E501

    id: UUID
    lead_id: UUID
    step_key: str
    channel: Channel
    recipient: str
    subject: str
    body: str
    framework: str
    facts: dict[str, str] = field(default_factory=dict)
    position: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """What may be said to a lead, and in which order of argument."""

    facts: Facts
    framework: Framework


def copy_for(lead: LeadRow, job: Job, on: date) -> Copy:
    """What may be said to this lead by a message that goes out on this day.

    Raises:
        InvalidError: the sender has no printable name.

    """
    record = LeadRecord(
        lead.first_name, lead.company, lead.city, lead.last_activity, lead.last_activity_on, lead.deal_stage
    )
    facts = facts_of(record, Sender(job.params["sender"]["name"]), job.params["offer"], on)
    if job.params["framework"]:
        return Copy(facts, Framework(job.params["framework"]))
    return Copy(facts, frameworks.for_dormancy(dormancy.classify(lead.deal_stage, lead.notes), lead.lead_id))


def message(made: Written, job: Job) -> Written:
    """The message with what the law wants under an e-mail."""
    if made.channel is not Channel.EMAIL:
        return made
    sender, link = job.params["sender"], unsubscribe_url(job.tenant_id, made.id)
    return replace(made, body=footer.with_footer(made.body, sender["name"], sender["postal_address"], link))


def unsubscribe_url(tenant_id: UUID, message_id: UUID) -> str:
    """The link in a message's footer and header by which its reader stops all messages."""
    settings = config.settings()
    return unsubscribe.link(settings.public_url, settings.secret_key.get_secret_value(), tenant_id, message_id)


def id_of(mission_id: UUID, lead_id: UUID, step_key: str, channel: Channel) -> UUID:
    """The id of the one message that a lead gets for this step."""
    return uuid5(NAMESPACE_URL, f"{mission_id}/{lead_id}/{step_key}/{channel}")


def recipient_of(lead: LeadRow, channel: Channel) -> str:
    """Where a lead is reached on this channel, empty when nowhere."""
    return str({Channel.EMAIL: lead.email, Channel.SMS: lead.phone, Channel.LINKEDIN: lead.linkedin_url}[channel] or "")
