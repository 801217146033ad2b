"""What waits, by its reason: of a mission or of an inbox."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.explain.views import Waiting, known

# A message that was handed over but has no answer yet is in its turn, too.
_WAITING = text("""
SELECT CASE WHEN m.state <> 'planned' THEN 'waiting_turn'
    WHEN m.enrolment_id IS NULL AND m.step_key NOT LIKE 'answer:%' THEN 'waiting_mission'
    WHEN m.wait_reason IS NOT NULL THEN m.wait_reason
    WHEN m.run_after IS NULL THEN 'waiting_delivery'
    WHEN m.run_after > :now THEN 'waiting_not_due' ELSE 'waiting_turn' END AS reason,
  count(*) AS waiting, min(m.run_after) AS next_at
FROM messages AS m
WHERE m.state IN ('planned', 'claimed', 'submitted')
  AND (CAST(:mission AS uuid) IS NULL OR m.mission_id = :mission)
  AND (CAST(:inbox AS uuid) IS NULL OR m.inbox_id = :inbox)
GROUP BY 1 ORDER BY 2 DESC, 1
""")


def of(
    session: Session, now: datetime, *, mission_id: UUID | None = None, inbox_id: UUID | None = None
) -> list[Waiting]:
    """The messages that have not gone yet, by reason; a moment that has passed is the inbox's turn."""
    rows = session.execute(_WAITING, {"now": now, "mission": mission_id, "inbox": inbox_id})
    return [Waiting(known(row.reason), row.waiting, row.next_at) for row in rows]
