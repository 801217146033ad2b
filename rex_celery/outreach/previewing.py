"""What a sequence would say to one lead, or to a made-up one: rendered as for sending, and nothing is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid5

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.compliance import content, footer, sms
from rex_celery.compliance.content import Content, Finding
from rex_celery.copywriting import drafts, frameworks, step_text
from rex_celery.copywriting.facts import Facts, LeadRecord, Sender, facts_of
from rex_celery.errors import InvalidError, NotFoundError
from rex_celery.outreach.steps import Step
from rex_celery.scoring import dormancy
from rex_celery.tenancy.settings import SenderSettings
from rex_celery.vocabulary import Channel, Dormancy

_LEAD = text("""
SELECT id, first_name, company, city, last_activity, last_activity_on, deal_stage, notes FROM leads WHERE id = :id
""")
_SAMPLE = UUID("8d0ff7a6-6b0e-4a45-9d3f-7f3f6f0c2b51")
_LINK = "https://example.com/u/…"
_IN_THREAD = "(in the thread)"


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom the preview is for: the same id and record get the same words as when it is sent."""

    id: UUID
    record: LeadRecord
    dormancy: Dormancy = Dormancy.UNKNOWN


@dataclass(frozen=True, slots=True)
class Shown:
    """One step as this reader would get it, without its footer.

    ``problem`` says why it cannot be written to them: a reason code and what is missing. ``findings`` are what the
    quality control would hold it back for. ``segments`` are those of a text message.
    """

    key: str
    channel: Channel
    day: int
    subject: str
    body: str
    words: int
    segments: int | None
    problem: Finding | None
    findings: list[Finding]


def lead(session: Session, lead_id: UUID) -> Reader:
    """A stored lead.

    Raises:
        NotFoundError: the tenant has no such lead.

    """
    row = session.execute(_LEAD, {"id": lead_id}).first()
    if row is None:
        raise NotFoundError(f"There is no lead {lead_id}.", code="lead_not_found", action="See GET /api/rex/leads.")
    record = LeadRecord(row.first_name, row.company, row.city, row.last_activity, row.last_activity_on, row.deal_stage)
    return Reader(row.id, record, dormancy.classify(row.deal_stage, row.notes))


def sample(today: date) -> Reader:
    """A made-up person of whom everything is known."""
    on = today - timedelta(days=75)
    return Reader(_SAMPLE, LeadRecord("Grace", "Harbor Logistics", "Portland", "Demo", on, "Proposal Sent"))


def stranger() -> Reader:
    """A made-up person of whom nothing is known but where to reach them."""
    return Reader(_SAMPLE, LeadRecord())


def render(
    steps: Sequence[Step], reader: Reader, sender: SenderSettings, bodies: Mapping[str, str], today: date
) -> list[Shown]:
    """Every step as this reader would get it; ``bodies`` are the snippets. Who signs may not be set yet."""
    name = sender.sender_name.strip() or "Your Name"
    shown = []
    for step in steps:
        facts = facts_of(reader.record, Sender(name), sender.offer, today + timedelta(days=step.day))
        try:
            subject, body = _written(step, reader, facts, bodies)
        except InvalidError as error:
            shown.append(_blank(step, Finding(error.code, error.detail)))
        else:
            shown.append(_shown(step, subject, body, name, sender.postal_address))
    return shown


def _written(step: Step, reader: Reader, facts: Facts, bodies: Mapping[str, str]) -> tuple[str, str]:
    if step.framework:
        framework = frameworks.for_dormancy(reader.dormancy, reader.id)
        draft = drafts.write(facts, step.channel, framework, reader.id)
        return draft.subject, draft.body
    return step_text.write(step.subject, step.body, facts.known(), bodies, uuid5(reader.id, step.key))


def _blank(step: Step, problem: Finding) -> Shown:
    return Shown(step.key, step.channel, step.day, "", "", 0, None, problem, [])


def _shown(step: Step, subject: str, body: str, sender: str, address: str) -> Shown:
    findings = [] if step.todo else _findings(step, subject, body, sender, address)
    segments = sms.measure(body).segments if step.channel is Channel.SMS else None
    return Shown(step.key, step.channel, step.day, subject, body, len(body.split()), segments, None, findings)


def _findings(step: Step, subject: str, body: str, sender: str, address: str) -> list[Finding]:
    mail = step.channel is Channel.EMAIL
    whole = footer.with_footer(body, sender, address, _LINK) if mail else body
    return list(content.check(Content(step.channel, subject or _IN_THREAD, whole, "", sender, address, _LINK)))
