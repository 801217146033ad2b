"""Storing the messages of people who moved to another version: new words, new steps, and what is not sent any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.outreach import moving, progress

# The enrolment is locked before any of its messages; whoever claims or stops it waits here, or we for them.
_LOCK = text("""
SELECT id, mission_id, lead_id, chunk_no FROM enrolments
WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'active' AND version = :version ORDER BY id FOR NO KEY UPDATE
""")
_DROP = text("""
UPDATE messages SET state = 'skipped', reason = :reason, wait_reason = NULL, run_after = NULL
WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'planned'
""")
_VALUES = """
FROM unnest(CAST(:ids AS uuid[]), CAST(:missions AS uuid[]), CAST(:leads AS uuid[]), CAST(:chunks AS int[]),
            CAST(:enrolments AS uuid[]), CAST(:keys AS text[]), CAST(:positions AS int[]), CAST(:channels AS text[]),
            CAST(:recipients AS text[]), CAST(:subjects AS text[]), CAST(:bodies AS text[]),
            CAST(:frameworks AS text[]), CAST(:facts AS jsonb[]), CAST(:reasons AS text[]), CAST(:inboxes AS uuid[]),
            CAST(:providers AS text[]), CAST(:waits AS text[]))
  AS v(id, mission_id, lead_id, chunk_no, enrolment_id, step_key, position, channel, recipient, subject, body,
       framework, facts, reason, inbox_id, provider, wait_reason)
"""
# An approval was of other words. What left meanwhile is not touched, whatever was read before.
_REWRITE = text(f"""
UPDATE messages AS m SET subject = v.subject, body = v.body, framework = v.framework, facts = v.facts,
  recipient = v.recipient, recipient_provider = v.provider, position = v.position, approved_at = NULL,
  run_after = NULL, wait_reason = v.wait_reason, reason = v.reason,
  inbox_id = coalesce(m.inbox_id, v.inbox_id), state = CASE WHEN v.reason IS NULL THEN 'planned' ELSE 'skipped' END
{_VALUES}
WHERE m.id = v.id AND m.enrolment_id = v.enrolment_id
  AND (m.state = 'planned' OR (m.state = 'skipped' AND m.reason = '{moving.REPLACED}'))
""")
_INSERT = text(f"""
INSERT INTO messages (id, tenant_id, mission_id, lead_id, chunk_no, enrolment_id, step_key, position, channel,
  recipient, subject, body, framework, facts, state, reason, inbox_id, recipient_provider, wait_reason)
SELECT v.id, :tenant, v.mission_id, v.lead_id, v.chunk_no, v.enrolment_id, v.step_key, v.position, v.channel,
  v.recipient, v.subject, v.body, v.framework, v.facts, CASE WHEN v.reason IS NULL THEN 'planned' ELSE 'skipped' END,
  v.reason, v.inbox_id, v.provider, v.wait_reason
{_VALUES}
ON CONFLICT DO NOTHING
""")
_PIN = text("UPDATE enrolments SET version = :version WHERE id = ANY(CAST(:ids AS uuid[]))")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on their way through a sequence."""

    enrolment_id: UUID
    mission_id: UUID
    lead_id: UUID
    chunk_no: int


@dataclass(frozen=True, slots=True)
class Line:
    """One message as it is to stand. ``facts`` is JSON; ``reason`` says why it is not sent, ``waits`` why not yet."""

    id: UUID
    person: Person
    step_key: str
    position: int
    channel: str
    recipient: str
    subject: str
    body: str
    framework: str
    facts: str
    reason: str | None
    inbox_id: UUID | None
    provider: str | None
    waits: str | None


def lock(session: Session, enrolment_ids: Sequence[UUID], version: int) -> list[Person]:
    """Those of these enrolments that are still on their way through this version, locked in the order of everybody."""
    return [Person(*row) for row in session.execute(_LOCK, {"ids": list(enrolment_ids), "version": version})]


def store(session: Session, tenant_id: UUID, lines: Sequence[Line], dropped: Sequence[UUID]) -> None:
    """Set these messages, new or not, and take back those that are dropped; the enrolments are locked."""
    session.execute(_DROP, {"ids": list(dropped), "reason": moving.REPLACED})
    if lines:
        columns = _columns(lines)
        session.execute(_REWRITE, columns)
        session.execute(_INSERT, columns | {"tenant": tenant_id})


def pin(session: Session, tenant_id: UUID, enrolment_ids: Sequence[UUID], version: int, now: datetime) -> None:
    """Let them go on with this version: their next message gets its time, counted from the last one that arrived."""
    session.execute(_PIN, {"ids": list(enrolment_ids), "version": version})
    progress.schedule_next(session, tenant_id, enrolment_ids, now)


def _columns(lines: Sequence[Line]) -> dict[str, object]:
    return {
        "ids": [one.id for one in lines],
        "missions": [one.person.mission_id for one in lines],
        "leads": [one.person.lead_id for one in lines],
        "chunks": [one.person.chunk_no for one in lines],
        "enrolments": [one.person.enrolment_id for one in lines],
        "keys": [one.step_key for one in lines],
        "positions": [one.position for one in lines],
        "channels": [one.channel for one in lines],
        "recipients": [one.recipient for one in lines],
        "subjects": [one.subject for one in lines],
        "bodies": [one.body for one in lines],
        "frameworks": [one.framework for one in lines],
        "facts": [one.facts for one in lines],
        "reasons": [one.reason for one in lines],
        "inboxes": [one.inbox_id for one in lines],
        "providers": [one.provider for one in lines],
        "waits": [one.waits for one in lines],
    }
