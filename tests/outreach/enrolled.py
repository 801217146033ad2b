"""People on their way through a sequence, for tests of sending over days."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import clock, db
from rex_celery.integrations.base import Delivery, Outbound, Receipt, Submit
from rex_celery.models import Inbox, Lead, Mission
from rex_celery.outreach.sending import Shift
from tests.factories import a_lead, a_message, a_mission, a_sequence, an_enrolment, an_inbox, an_outcome

# A Tuesday, in the middle of the working day of New York, where the leads of the factories live.
NOON = datetime(2026, 6, 2, 16, tzinfo=UTC)
OPEN = {"caps": {"inbox_per_hour": None, "inbox_per_day": None}}


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def on(self, **time: float) -> datetime:
        self.at += timedelta(**time)
        return self.at


@dataclass
class Recorder:
    """A provider that keeps what it was given, and answers as told; it asks before it takes."""

    most: int = 1000
    reports_delivery: bool = False
    answer: Delivery = Delivery.ACCEPTED
    trouble: Exception | None = None
    sent: list[Outbound] = field(default_factory=list)

    def send(self, messages: Sequence[Outbound], submit: Submit) -> list[Receipt]:
        allowed: Collection[UUID] = submit([one.id for one in messages])
        if self.trouble:
            raise self.trouble
        leaving = [one for one in messages if one.id in set(allowed)]
        self.sent += leaving
        withdrawn = [Receipt(Delivery.WITHDRAWN, "smtp", id=one.id) for one in messages if one not in leaving]
        return [Receipt(self.answer, "smtp", f"queued-{one.id}", id=one.id) for one in leaving] + withdrawn


@dataclass
class Crowd:
    """A mission with people enrolled in it, each with one message for every step."""

    tenant: UUID
    mission: Mission
    inbox: Inbox
    leads: list[Lead]

    def send(self, at: Clock, provider: Recorder | None = None) -> int:
        with clock.replaced(at):
            shift = Shift(self.tenant, self.inbox.id)
            if provider:
                shift = Shift(self.tenant, self.inbox.id, lambda *_: provider)
            return shift.run()

    def states(self, step: str = "first") -> list[str]:
        return [row.state for row in self.rows(step)]

    def rows(self, step: str = "first") -> list[object]:
        with db.transaction(self.tenant) as session:
            query = text("SELECT * FROM messages WHERE mission_id = :m AND step_key = :s ORDER BY created_at, lead_id")
            return list(session.execute(query, {"m": self.mission.id, "s": step}))


def begin(session: Session, mission: Mission) -> None:
    for state in ("assigned", "executing"):
        session.execute(text("UPDATE missions SET state = :s WHERE id = :m"), {"s": state, "m": mission.id})


def set_policy(session: Session, tenant: UUID, policy: str) -> None:
    session.execute(text("UPDATE tenants SET policy = CAST(:p AS jsonb) WHERE id = :t"), {"p": policy, "t": tenant})


def a_crowd(tenant: UUID, people: int = 1, *, provider: str = "outbox", now: datetime = NOON, **lead: object) -> Crowd:
    """Enrol people with two e-mails three days apart; the first is due at ``now``."""
    with db.transaction(tenant) as session:
        set_policy(session, tenant, '{"caps": {"inbox_per_hour": null, "inbox_per_day": null}}')
        sequence, mission = a_sequence(session, tenant), a_mission(session, tenant)
        inbox = an_inbox(session, tenant, provider=provider)
        begin(session, mission)
        leads = [a_lead(session, tenant, **({"phone": None} | lead)) for _ in range(people)]
        for one in leads:
            enrol(session, mission, one, inbox, sequence, now)
        session.expunge_all()
    return Crowd(tenant, mission, inbox, leads)


def enrol(  # noqa: PLR0917  the parts of one thing
    session: Session, mission: Mission, lead: Lead, inbox: Inbox, sequence: object, now: datetime
) -> None:
    enrolment = an_enrolment(session, mission, lead, sequence, started_at=now)  # type: ignore[arg-type]
    an_outcome(session, mission, lead)
    shared = {"enrolment_id": enrolment.id, "inbox_id": inbox.id, "recipient_provider": "other"}
    a_message(session, mission, lead, step_key="first", position=0, run_after=now, **shared)
    a_message(session, mission, lead, step_key="second", position=1, subject="", **shared)
