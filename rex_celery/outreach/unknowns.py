"""Messages nobody heard the end of: a dead sender's claims, and results that were lost on the way."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.outreach import policies, progress, receipts
from rex_celery.outreach.ledger import ABANDONED_SECONDS, ASSUMED

# The senders of these died. What was only claimed never left; what was submitted may have.
_UNCLAIM = text("""
WITH found AS MATERIALIZED (
  SELECT id FROM messages WHERE state = 'claimed' AND claimed_at < :before AND inbox_id IS NOT NULL
  ORDER BY lead_id, id LIMIT 1000 FOR UPDATE SKIP LOCKED)
UPDATE messages AS m SET state = 'planned', claimed_at = NULL FROM found AS f WHERE m.id = f.id RETURNING m.id
""")
_ABANDONED = text("""
SELECT m.enrolment_id FROM messages AS m
WHERE m.state = 'submitted' AND m.claimed_at < :before AND m.submitted_at < :before LIMIT 1000
""")
_LOCK = text("SELECT FROM enrolments WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE")
_ASSUME = text("""
UPDATE messages SET state = 'unknown', reason = :reason, sent_at = submitted_at
WHERE state = 'submitted' AND claimed_at < :before AND submitted_at < :before
RETURNING id, mission_id, lead_id, channel, enrolment_id
""")
_OLD = text("""
WITH found AS MATERIALIZED (
  SELECT id FROM messages WHERE state = 'unknown' AND sent_at < :before AND inbox_id IS NOT NULL
  ORDER BY lead_id, id LIMIT 1000 FOR UPDATE SKIP LOCKED)
UPDATE messages AS m SET state = 'accepted' FROM found AS f WHERE m.id = f.id RETURNING m.enrolment_id
""")


def settle(session: Session, tenant_id: UUID, now: datetime) -> int:
    """Settle what was abandoned, and take as sent what has stayed unknown for too long; returns how many were.

    The caps of an abandoned claim stay counted: too few messages that day rather than too many.
    """
    before = {"before": now - timedelta(seconds=ABANDONED_SECONDS)}
    freed = session.scalars(_UNCLAIM, before).all()
    lost = _assume(session, tenant_id, before, now)
    policy = policies.of(session, tenant_id)
    old = session.scalars(_OLD, {"before": now - timedelta(minutes=policy.unknown_minutes)}).all()
    progress.schedule_next(session, tenant_id, [one for one in old if one], now)
    return len(freed) + lost + len(old)


def _assume(session: Session, tenant_id: UUID, before: dict[str, datetime], now: datetime) -> int:
    enrolments = sorted({one for one in session.scalars(_ABANDONED, before) if one})
    session.execute(_LOCK, {"ids": enrolments})
    rows = session.execute(_ASSUME, {**before, "reason": ASSUMED}).all()
    receipts.tell(session, tenant_id, rows, {row.id: ASSUMED for row in rows})
    progress.schedule_next(session, tenant_id, [row.enrolment_id for row in rows if row.enrolment_id], now)
    return len(rows)
