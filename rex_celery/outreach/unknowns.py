"""Messages nobody heard the end of: a dead sender's claims, and results that were lost on the way."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.outreach import policies, progress, receipts
from rex_celery.outreach.ledger import ABANDONED_SECONDS, ASSUMED

# The senders of these died. What was only claimed never left; what was submitted may have.
_ABANDONED = text("""
SELECT id, enrolment_id FROM messages WHERE state = 'submitted' AND claimed_at < :before AND submitted_at < :before
LIMIT 1000
""")
_ASSUME = text("""
UPDATE messages SET state = 'unknown', reason = :reason, sent_at = submitted_at
WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'submitted' AND claimed_at < :before AND submitted_at < :before
RETURNING id, mission_id, lead_id, channel, enrolment_id
""")
_OLD = text("""
SELECT id, enrolment_id FROM messages WHERE state = 'unknown' AND sent_at < :before AND inbox_id IS NOT NULL LIMIT 1000
""")
_ACCEPT = text("""
UPDATE messages SET state = 'accepted' WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'unknown'
""")
# Before any of their messages, as everywhere, and all at once.
_LOCK = text("SELECT FROM enrolments WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE")
# Last, as this waits for nobody. Who was stopped meanwhile is not among them: a stop takes claims back.
_UNCLAIM = text("""
WITH found AS MATERIALIZED (
  SELECT id FROM messages WHERE state = 'claimed' AND claimed_at < :before AND inbox_id IS NOT NULL
  ORDER BY lead_id, id LIMIT 1000 FOR UPDATE SKIP LOCKED)
UPDATE messages AS m SET state = 'planned', claimed_at = NULL FROM found AS f WHERE m.id = f.id RETURNING m.id
""")


def settle(session: Session, tenant_id: UUID, now: datetime) -> int:
    """Settle what was abandoned, and take as sent what has stayed unknown for too long; returns how many were.

    The caps of an abandoned claim stay counted: too few messages that day rather than too many.
    """
    abandoned = {"before": now - timedelta(seconds=ABANDONED_SECONDS)}
    unknown = {"before": now - timedelta(minutes=policies.of(session, tenant_id).unknown_minutes)}
    lost, old = session.execute(_ABANDONED, abandoned).all(), session.execute(_OLD, unknown).all()
    enrolments = sorted({row.enrolment_id for row in (*lost, *old) if row.enrolment_id})
    session.execute(_LOCK, {"ids": enrolments})
    assumed = session.execute(_ASSUME, {**abandoned, "ids": [row.id for row in lost], "reason": ASSUMED}).all()
    receipts.tell(session, tenant_id, assumed, {row.id: ASSUMED for row in assumed})
    session.execute(_ACCEPT, {"ids": [row.id for row in old]})
    progress.schedule_next(session, tenant_id, enrolments, now)
    freed = session.scalars(_UNCLAIM, abandoned).all()
    return len(freed) + len(assumed) + len(old)
