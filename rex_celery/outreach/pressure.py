"""How often one person is written to, over all missions and channels: a limit in any day and in any thirty."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.outreach.policy import Policy

_DAY, _MONTH = timedelta(days=1), timedelta(days=30)
# Whatever left counts, whether it arrived or not: nobody knows what a person has seen.
_TOUCHES = text("""
SELECT lead_id, array_agg(sent_at ORDER BY sent_at DESC) AS sent
FROM messages
WHERE lead_id = ANY(CAST(:leads AS uuid[])) AND sent_at > :since AND sent_at <= :now
  AND state IN ('unknown', 'accepted', 'deferred', 'delivered', 'bounced', 'replied', 'complained')
GROUP BY lead_id
""")


def holds(session: Session, lead_ids: Collection[UUID], policy: Policy, now: datetime) -> dict[UUID, datetime]:
    """Those of these people who had enough for now, and when they may be written to again."""
    if not lead_ids:
        return {}
    rows = session.execute(_TOUCHES, {"leads": list(set(lead_ids)), "since": now - _MONTH, "now": now})
    found = {row.lead_id: _again(row.sent, policy, now) for row in rows}
    return {lead_id: at for lead_id, at in found.items() if at > now}


def _again(sent: list[datetime], policy: Policy, now: datetime) -> datetime:
    """The moment when the oldest of the touches that fill a limit is old enough; newest first in ``sent``."""
    limits = ((policy.pressure.per_day, _DAY), (policy.pressure.per_30_days, _MONTH))
    return max((sent[most - 1] + span for most, span in limits if len(sent) >= most), default=now)
