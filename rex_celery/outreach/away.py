"""Somebody is away: that is no answer; their sequence rests until the working day after their return."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.outreach import policies, windows
from rex_celery.outreach.policy import Policy
from rex_celery.outreach.windows import Place
from rex_celery.vocabulary import Channel

# Who does not say when they come back is written to a week later.
UNSAID = timedelta(days=7)

_ACTIVE = text("""
SELECT e.id, e.campaign_id, l.timezone, l.timezone_source, l.country, l.region, l.phone
FROM enrolments AS e JOIN leads AS l ON l.id = e.lead_id
WHERE e.lead_id = :lead AND e.state = 'active' ORDER BY e.id FOR UPDATE OF e
""")
_REST = text("UPDATE enrolments SET resume_at = :at WHERE id = :enrolment")
# A message without a time of its own gets one when the one before it has arrived, and then not before this.
_MOVE = text("""
UPDATE messages SET run_after = greatest(run_after, :at), wait_reason = 'waiting_out_of_office'
WHERE enrolment_id = :enrolment AND state = 'planned' AND run_after IS NOT NULL
  AND wait_reason IS DISTINCT FROM 'waiting_approval'
""")


def rest(session: Session, tenant_id: UUID, lead_id: UUID, back: date | None, now: datetime) -> datetime | None:
    """Let everything that waits for this person wait for their return; gives until when, None without a sequence."""
    until: datetime | None = None
    for row in session.execute(_ACTIVE, {"lead": lead_id}).all():
        until = resume_at(back, _place(row), policies.of(session, tenant_id, row.campaign_id), now)
        session.execute(_REST, {"enrolment": row.id, "at": until})
        session.execute(_MOVE, {"enrolment": row.id, "at": until})
    return until


def resume_at(back: date | None, place: Place, policy: Policy, now: datetime) -> datetime:
    """The first moment of the working day after the return; a return that has passed says nothing."""
    zone = ZoneInfo(place.timezone or policy.timezone)
    today = now.astimezone(zone).date()
    if back is None or back < today:
        earliest = now + UNSAID
    else:
        earliest = datetime.combine(back + timedelta(days=1), time(), zone).astimezone(UTC)
    return windows.next_open(earliest, place, Channel.EMAIL, policy).at or earliest


def _place(row: Row[Any]) -> Place:
    return Place(row.timezone, row.timezone_source, row.country, row.region, row.phone)
