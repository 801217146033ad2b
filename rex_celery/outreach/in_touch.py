"""Who is in touch with us: a mission does not begin anew with somebody who wrote lately or is going to meet us."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

CONVERSATION = timedelta(days=30)
_WROTE = text("""
SELECT DISTINCT t.lead_id FROM threads AS t WHERE t.lead_id = ANY(CAST(:leads AS uuid[])) AND EXISTS (
  SELECT FROM replies AS r
  WHERE r.thread_id = t.id AND r.kind = 'reply' AND (t.state = 'open' OR r.received_at > :since))
""")
_MEETS = text("""
SELECT DISTINCT lead_id FROM meetings
WHERE lead_id = ANY(CAST(:leads AS uuid[])) AND state = 'booked' AND ends_at > :now
""")


def of(session: Session, people: Collection[UUID], now: datetime) -> dict[UUID, str]:
    """Those of these people who have a meeting ahead, who wrote lately or wait for an answer: each with the reason."""
    wrote = session.scalars(_WROTE, {"leads": list(people), "since": now - CONVERSATION})
    found = dict.fromkeys(wrote, "suppressed_reply")
    return found | dict.fromkeys(session.scalars(_MEETS, {"leads": list(people), "now": now}), "meeting_booked")
