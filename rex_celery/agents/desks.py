"""What is needed to write anew to people of one mission who move to another version of their sequence."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.agents import quality_control, scripts
from rex_celery.agents.base import LeadRow
from rex_celery.agents.scripts import Scripts
from rex_celery.agents.written import Written
from rex_celery.compliance import consent
from rex_celery.integrations.base import Mailbox
from rex_celery.outreach import approvals, recipients, senders, snippets
from rex_celery.outreach.enrolment import STAYS_HERE
from rex_celery.outreach.moving import Move
from rex_celery.outreach.pinning import Pinned
from rex_celery.outreach.rewritten import Line, Person
from rex_celery.outreach.steps import Step
from rex_celery.vocabulary import Channel
from rex_celery.work import Verdict, WorkRef

_PARAMS = text("SELECT params FROM missions WHERE id = :mission")
_LEADS = text("""
SELECT l.id AS lead_id, o.strategy, l.email, l.phone, l.linkedin_url, l.first_name, l.company, l.city, l.last_activity,
  l.last_activity_on, l.deal_stage, l.notes
FROM leads AS l JOIN outcomes AS o ON o.lead_id = l.id AND o.mission_id = :mission
WHERE l.id = ANY(CAST(:leads AS uuid[]))
""")
_INBOXES = text("""
SELECT DISTINCT ON (m.lead_id, m.channel) m.lead_id, m.channel, m.inbox_id FROM messages AS m
WHERE m.enrolment_id = ANY(CAST(:ids AS uuid[])) AND m.inbox_id IS NOT NULL ORDER BY m.lead_id, m.channel, m.position
""")
_PROVIDERS = text("SELECT id, provider FROM inboxes WHERE id = ANY(CAST(:ids AS uuid[]))")

Inboxes = dict[tuple[UUID, str], UUID]


@dataclass(frozen=True, slots=True)
class MissionJob:
    """A mission as those who write for it know it, with the version that its people move to."""

    ref: WorkRef
    params: dict[str, Any]
    attempt: int = 1

    @property
    def tenant_id(self) -> UUID:
        """For whom."""
        return self.ref.tenant_id

    @property
    def mission_id(self) -> UUID:
        """In which mission."""
        return self.ref.mission_id

    def keep(self) -> bool:
        """It holds no lease: one transaction does all of it."""
        return True


@dataclass(frozen=True, slots=True)
class Desk:
    """The steps, the people and their inboxes; ``guarded``: somebody looks at each message before it leaves."""

    job: MissionJob
    scripts: Scripts
    leads: Mapping[UUID, LeadRow]
    inboxes: Inboxes
    providers: Mapping[UUID, str]
    guarded: bool


@dataclass(frozen=True, slots=True)
class _Letter:
    """A message as the quality control reads it."""

    id: UUID
    lead_id: UUID
    channel: str
    subject: str
    body: str
    framework: str
    first_name: str | None
    in_thread: bool


def prepare(session: Session, mission: WorkRef, people: Sequence[Person], pin: Pinned, steps: tuple[Step, ...]) -> Desk:
    """Read what is needed to write ``steps``, which ``pin`` names, to these people; before they are locked."""
    leads = [one.lead_id for one in people]
    params = session.execute(_PARAMS, {"mission": mission.mission_id}).scalar_one()
    job = MissionJob(mission, dict(params) | {"sequence": pin.stored()})
    inboxes = _inboxes(session, job, people, steps)
    known = session.execute(_PROVIDERS, {"ids": list(set(inboxes.values()))})
    texting = frozenset(consent.consenting_among(session, leads, Channel.SMS))
    return Desk(
        job=job,
        scripts=Scripts(job.params, {pin: steps}, snippets.bodies(session), texting),
        leads={row.lead_id: row for row in session.execute(_LEADS, {"mission": mission.mission_id, "leads": leads})},
        inboxes=inboxes,
        providers={row.id: row.provider for row in known},
        guarded=approvals.are_needed(session, mission.tenant_id, mission.mission_id),
    )


def lines(desk: Desk, person: Person, move: Move) -> list[Line]:
    """The messages of the steps that come, as they are to stand; none when nothing can be sent to this person."""
    lead = desk.leads[person.lead_id]
    made = scripts.written(lead, desk.scripts, desk.job)
    places = {step.key: (move.base + number, step) for number, step in enumerate(move.upcoming)}
    if isinstance(made, Verdict):
        return []
    return [_line(desk, person, one, *places[one.step_key]) for one in made if one.step_key in places]


def _line(desk: Desk, person: Person, made: Written, position: int, step: Step) -> Line:
    inbox = desk.inboxes.get((person.lead_id, made.channel))
    reason = made.reason or _unfit(desk, made)
    leaves = inbox is not None and desk.providers[inbox] not in STAYS_HERE and not step.todo
    mail = made.channel is Channel.EMAIL and made.recipient
    return Line(
        id=made.id,
        person=person,
        step_key=made.step_key,
        position=position,
        channel=made.channel,
        recipient=made.recipient,
        subject=made.subject,
        body=made.body,
        framework=made.framework,
        facts=json.dumps(made.facts),
        reason=reason,
        inbox_id=inbox,
        provider=recipients.recipient_provider(made.recipient) if mail else None,
        waits="waiting_approval" if desk.guarded and leaves and not reason else None,
    )


def _unfit(desk: Desk, made: Written) -> str | None:
    """The first thing that is wrong with a message, as when a mission writes it."""
    in_thread = made.channel is Channel.EMAIL and not made.subject
    first_name = desk.leads[made.lead_id].first_name
    letter = _Letter(
        made.id, made.lead_id, made.channel, made.subject, made.body, made.framework, first_name, in_thread
    )
    return quality_control.fit(cast("LeadRow", letter), desk.job).reason


def _inboxes(session: Session, job: MissionJob, people: Sequence[Person], steps: Sequence[Step]) -> Inboxes:
    """The inbox of each person on each channel: the one that wrote to them before, else one for the new channel."""
    rows = session.execute(_INBOXES, {"ids": [one.enrolment_id for one in people]})
    found: Inboxes = {(row.lead_id, row.channel): row.inbox_id for row in rows}
    default = Mailbox(job.params["sender"]["email"], job.params["sender"]["name"])
    for channel in sorted({step.channel for step in steps} | {step.substitute for step in steps if step.substitute}):
        new = [one.lead_id for one in people if (one.lead_id, str(channel)) not in found]
        if new:
            chosen = senders.choose(session, job.tenant_id, channel, len(new), default)
            found |= {(lead, str(channel)): inbox for lead, inbox in zip(new, chosen, strict=True)}
    return found
