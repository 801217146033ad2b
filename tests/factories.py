"""Builders of rows with defaults that fit together; a test names only what it is about."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import TypeVar
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from rex_celery.models import (
    Chunk,
    Connection,
    Enrolment,
    Import,
    ImportMember,
    Inbox,
    Lead,
    Meeting,
    Message,
    Mission,
    Outcome,
    Sequence,
    SequenceVersion,
    Step,
    Suppression,
    Tenant,
    Thread,
)

_numbers = count(1)
Row = TypeVar("Row")


def a_tenant(session: Session, **fields: object) -> UUID:
    """A tenant that may send; needs a session of db.control()."""
    tenant_id = uuid4()
    known = {
        "id": tenant_id,
        "name": "Acme Test",
        "slug": f"acme-{tenant_id.hex[:12]}",
        "sender_name": "Ada Sender",
        "sender_email": "ada@acme.example.com",
        "postal_address": "1 Main Street, Springfield, IL 62701, USA",
        "offer": "a faster way to wake old leads",
    }
    session.add(Tenant(**(known | fields)))
    session.flush()
    return tenant_id


def a_lead(session: Session, tenant_id: UUID, **fields: object) -> Lead:
    """A lead worth waking, with an address of its own. Its dates are fixed: pass the time to what you test."""
    number = next(_numbers)
    known = {
        "email": f"lead{number}@example.com",
        "phone": "+12025550143",
        "first_name": "Grace",
        "last_name": f"Hopper{number}",
        "company": "Navy Systems",
        "title": "Head of Operations",
        "city": "New York",
        "region": "New York",
        "country": "US",
        "timezone": "America/New_York",
        "timezone_source": "region",
        "source": "Event",
        "status": "Working",
        "last_activity_on": date(2026, 6, 1),
        "last_activity": "Demo",
        "activities": 3,
        "deal_stage": "Proposal Sent",
        "deal_value": Decimal(12_000),
    }
    return _stored(session, Lead(tenant_id=tenant_id, **(known | fields)))


def a_mission(session: Session, tenant_id: UUID, **fields: object) -> Mission:
    """A queued lead reactivation. Another ``state`` is reached by legal moves only, as the database insists."""
    known = {
        "type": "lead_reactivation",
        "name": "Wake the spring list",
        "crew": "dead_lead",
        "autonomy": "auto",
        "created_by": "test",
    }
    return _stored(session, Mission(tenant_id=tenant_id, **(known | fields)))


def a_step(session: Session, mission: Mission, **fields: object) -> Step:
    """A ready fan-out step of the reviver."""
    known = {
        "position": 0,
        "key": f"step-{next(_numbers)}",
        "kind": "fanout",
        "agent": "reviver",
        "crew": "dead_lead",
        "phase": "executing",
        "state": "ready",
    }
    return _stored(session, Step(tenant_id=mission.tenant_id, mission_id=mission.id, **(known | fields)))


def a_chunk(session: Session, step: Step, no: int = 0, **fields: object) -> Chunk:
    """A ready chunk of a step."""
    owner = {"tenant_id": step.tenant_id, "mission_id": step.mission_id, "step_id": step.id, "crew": step.crew}
    return _stored(session, Chunk(**(owner | {"no": no} | fields)))


def an_outcome(session: Session, mission: Mission, lead: Lead, **fields: object) -> Outcome:
    """A lead of a mission of which nothing is known yet."""
    owner = {"tenant_id": mission.tenant_id, "mission_id": mission.id, "lead_id": lead.id}
    return _stored(session, Outcome(**(owner | {"chunk_no": 0} | fields)))


def a_message(session: Session, mission: Mission, lead: Lead, **fields: object) -> Message:
    """A planned first e-mail."""
    known = {
        "id": uuid4(),
        "tenant_id": mission.tenant_id,
        "mission_id": mission.id,
        "lead_id": lead.id,
        "chunk_no": 0,
        "step_key": "outreach",
        "channel": "email",
        "recipient": lead.email,
        "subject": "Shall we pick this up again?",
        "body": "Hello Grace,\n\nYou asked us about reporting in May.\n",
        "framework": "PAS",
    }
    return _stored(session, Message(**(known | fields)))


def an_import(session: Session, tenant_id: UUID, *leads: Lead, **fields: object) -> Import:
    """A finished import that named these leads."""
    counts = {"rows": len(leads), "created": len(leads), "members": len(leads)}
    known = {"filename": "leads.csv", "state": "done", "encoding": "utf-8"} | counts
    stored = _stored(session, Import(tenant_id=tenant_id, **(known | fields)))
    for lead in leads:
        session.add(ImportMember(tenant_id=tenant_id, import_id=stored.id, lead_id=lead.id))
    session.flush()
    return stored


def a_suppression(session: Session, tenant_id: UUID, **fields: object) -> Suppression:
    """A person who used the unsubscribe link; name ``lead_id``, ``email`` or ``phone``."""
    known = {"reason": "suppressed_unsubscribed", "source": "test"}
    return _stored(session, Suppression(tenant_id=tenant_id, **(known | fields)))


def a_connection(session: Session, tenant_id: UUID, **fields: object) -> Connection:
    """An account at SendGrid without a secret."""
    known = {"provider": "sendgrid", "name": f"connection-{next(_numbers)}"}
    return _stored(session, Connection(tenant_id=tenant_id, **(known | fields)))


def an_inbox(session: Session, tenant_id: UUID, **fields: object) -> Inbox:
    """An e-mail inbox that delivers to the built-in outbox, without a gap between its messages."""
    number = next(_numbers)
    known = {
        "channel": "email",
        "provider": "outbox",
        "address": f"ada{number}@acme.example.com",
        "name": "Ada Sender",
        "domain": "example.com",
        "gap_seconds": 0,
        "jitter_seconds": 0,
    }
    return _stored(session, Inbox(tenant_id=tenant_id, **(known | fields)))


def a_sequence(session: Session, tenant_id: UUID, *steps: dict[str, object], **fields: object) -> Sequence:
    """A sequence with one version; two e-mails three days apart unless ``steps`` are given."""
    stored = _stored(session, Sequence(tenant_id=tenant_id, **({"name": f"sequence-{next(_numbers)}"} | fields)))
    plain = {"channel": "email", "subject": "Shall we pick this up again?", "body": "Hello {{ first_name }}."}
    given = list(steps) or [{"key": "first", "day": 0} | plain, {"key": "second", "day": 3} | plain]
    owner = {"tenant_id": tenant_id, "sequence_id": stored.id}
    _stored(session, SequenceVersion(**owner, version=1, steps=given))
    return stored


def an_enrolment(session: Session, mission: Mission, lead: Lead, sequence: Sequence, **fields: object) -> Enrolment:
    """A person who has just been enrolled; give them messages with ``a_message(…, enrolment_id=…, position=…)``."""
    owner = {"tenant_id": mission.tenant_id, "mission_id": mission.id, "lead_id": lead.id, "chunk_no": 0}
    known = {"sequence_id": sequence.id, "version": 1}
    return _stored(session, Enrolment(**(owner | known | fields)))


def a_thread(session: Session, tenant_id: UUID, lead: Lead, **fields: object) -> Thread:
    """An open e-mail thread with a lead."""
    known = {"channel": "email", "subject": "Shall we pick this up again?", "last_at": datetime(2026, 6, 2, tzinfo=UTC)}
    return _stored(session, Thread(tenant_id=tenant_id, lead_id=lead.id, **(known | fields)))


def a_meeting(session: Session, tenant_id: UUID, lead: Lead, *, starts_at: datetime, **fields: object) -> Meeting:
    """Half an hour that a lead booked with us."""
    known = {"provider": "rex", "provider_id": str(uuid4()), "invitee_name": "Grace", "invitee_email": lead.email}
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=30)}
    return _stored(session, Meeting(tenant_id=tenant_id, lead_id=lead.id, **(known | times | fields)))


def _stored(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row
