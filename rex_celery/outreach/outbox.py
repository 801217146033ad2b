"""The built-in outbox: a table, so that claim, delivery and result are one commit; no stop can come between them."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import bus
from rex_celery.compliance import suppression
from rex_celery.events import MessagesSent
from rex_celery.outreach import ledger
from rex_celery.work import WorkRef

# Whoever holds a lock on one of these rows is waited for: a row passed over would never be looked at again.
_DUE = text("""
SELECT s.id, s.lead_id FROM messages AS s
JOIN outcomes AS o ON o.mission_id = s.mission_id AND o.lead_id = s.lead_id AND o.state = 'pending'
WHERE s.mission_id = :mission AND s.chunk_no = :chunk AND s.state = 'planned'
  AND s.channel = ANY(CAST(:channels AS text[]))
ORDER BY s.lead_id LIMIT :most FOR UPDATE OF s
""")
_DELIVER = text("""
WITH sent AS (
  UPDATE messages SET state = 'accepted', claimed_at = now(), sent_at = now(), attempts = attempts + 1,
    provider = 'outbox', provider_id = id::text
  WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'planned'
  RETURNING id, tenant_id, mission_id, lead_id, channel, recipient
), boxed AS (
  INSERT INTO outbox (tenant_id, message_id, channel, recipient) SELECT tenant_id, id, channel, recipient FROM sent
), told AS (
  INSERT INTO lead_history (tenant_id, mission_id, lead_id, agent, state)
  SELECT tenant_id, mission_id, lead_id, 'outreach', 'sent' FROM sent
)
UPDATE outcomes AS o SET state = 'sent' FROM sent AS s
WHERE o.mission_id = s.mission_id AND o.lead_id = s.lead_id AND o.state = 'pending'
RETURNING s.channel
""")


def deliver(session: Session, ref: WorkRef, channels: Sequence[str], most: int) -> int | None:
    """Deliver up to ``most`` messages of a chunk and say how many were due; fewer than ``most`` were all of them.

    Whoever was suppressed meanwhile is held back. None means that the mission may not send now.
    """
    if not ledger.is_open(session, ref):
        return None
    values = {"mission": ref.mission_id, "chunk": ref.chunk_no, "channels": list(channels), "most": most}
    due = session.execute(_DUE, values).all()
    if due:
        stopped = suppression.suppressed_among(session, [row.lead_id for row in due])
        if stopped:
            ledger.hold_back(session, ref, stopped)
        ids = [row.id for row in due if row.lead_id not in stopped]
        sent = Counter(session.scalars(_DELIVER, {"ids": ids}))
        told = [MessagesSent(ref.mission_id, count, channel) for channel, count in sorted(sent.items())]
        bus.publish(session, ref.tenant_id, *told)
    return len(due)
