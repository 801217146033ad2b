"""Booking, moving and cancelling on our own pages; calendars are written to afterwards."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import bus
from rex_celery.errors import ConflictError
from rex_celery.events import MeetingBooked, MeetingCancelled
from rex_celery.meetings import pages, schedule
from rex_celery.meetings.holding import Wish, hold
from rex_celery.meetings.pages import BookingPage
from rex_celery.meetings.schedule import BUILT_IN, CANCELLED, Meeting

# One person may hold so many coming meetings of a host; more is a mistake, or somebody who fills a calendar.
MOST_COMING = 3

_COMING = text("""
SELECT count(*) FROM meetings AS m JOIN booking_pages AS p ON p.id = m.page_id
WHERE lower(p.host_email) = lower(:host) AND lower(m.invitee_email) = lower(:email) AND m.state = 'booked'
  AND m.ends_at > :now
""")
_INSERT = text("""
INSERT INTO meetings (id, tenant_id, page_id, lead_id, mission_id, provider, provider_id, title, invitee_name,
  invitee_email, invitee_timezone, starts_at, ends_at, calendar_state, created_at, updated_at)
VALUES (:id, :tenant, :page, :lead, :mission, :provider, :provider_id, :title, :name, :email, :timezone, :starts,
  :ends, :calendar, :now, :now)
""")
_MOVE = text("""
UPDATE meetings SET starts_at = :starts, ends_at = :ends, sequence = sequence + 1, updated_at = :now, note = NULL,
  calendar_state = :calendar
WHERE id = :id
""")
_CANCEL = text("""
UPDATE meetings SET state = 'cancelled', cancelled_at = :now, updated_at = :now, sequence = sequence + 1, note = :note,
  calendar_state = CASE WHEN calendar_state IS NOT NULL THEN 'to_delete' END
WHERE id = :id
""")


@dataclass(frozen=True, slots=True)
class Invitee:
    """Who books: name, address in its one spelling, time zone if known; which lead it is, which mission wrote to it."""

    name: str
    email: str
    timezone: str | None = None
    lead_id: UUID | None = None
    mission_id: UUID | None = None


def book(  # noqa: PLR0913, PLR0917  who meets whom when
    session: Session, tenant_id: UUID, page: BookingPage, invitee: Invitee, start: datetime, now: datetime
) -> Meeting:
    """Store a meeting at a time that this transaction holds (``holding.hold``).

    Raises:
        ConflictError: this person has several coming meetings with the host already.

    """
    coming = session.scalar(_COMING, {"host": page.host_email, "email": invitee.email, "now": now}) or 0
    if coming >= MOST_COMING:
        raise ConflictError(
            f"{MOST_COMING} meetings are booked with this address already.",
            code="too_many_meetings",
            action="Move or cancel one of them.",
        )
    meeting_id = uuid4()
    values: dict[str, object] = {
        "id": meeting_id,
        "tenant": tenant_id,
        "page": page.id,
        "lead": invitee.lead_id,
        "mission": invitee.mission_id,
        "provider": BUILT_IN,
        "provider_id": str(meeting_id),
        "title": page.title,
        "name": invitee.name,
        "email": invitee.email,
        "timezone": invitee.timezone,
        "starts": start,
        "ends": start + pages.rules(page).length,
        "calendar": _to_write(page),
        "now": now,
    }
    session.execute(_INSERT, values)
    return _told(session, tenant_id, meeting_id)


def reschedule(session: Session, tenant_id: UUID, meeting_id: UUID, wish: Wish, now: datetime) -> Meeting:
    """Move a meeting to another free time of its page; the same row with the next ``sequence``.

    Raises:
        NotFoundError: this tenant has no such meeting.
        ConflictError: it was cancelled, is over, belongs to another calendar, or the time is not free.

    """
    known = changeable(schedule.get(session, meeting_id), now)
    page = hold(session, known.page_id or meeting_id, wish, now, moving=meeting_id)
    # Somebody may have cancelled it while we waited for the page.
    known = changeable(schedule.get(session, meeting_id, lock=True), now)
    if known.starts_at == wish.start:
        return known
    ends = wish.start + pages.rules(page).length
    values = {"id": meeting_id, "starts": wish.start, "ends": ends, "now": now, "calendar": _to_write(page)}
    session.execute(_MOVE, values)
    return _told(session, tenant_id, meeting_id)


def cancel(session: Session, tenant_id: UUID, meeting_id: UUID, note: str, now: datetime) -> tuple[Meeting, bool]:
    """Call a meeting off; again changes nothing. Gives the meeting and whether this call did it.

    Raises:
        NotFoundError: this tenant has no such meeting.
        ConflictError: it is over, or belongs to another calendar.

    """
    known = schedule.get(session, meeting_id, lock=True)
    if known.state == CANCELLED:
        return known, False
    changeable(known, now)
    session.execute(_CANCEL, {"id": meeting_id, "now": now, "note": note or None})
    bus.publish(session, tenant_id, MeetingCancelled(known.mission_id, meeting_id, known.lead_id))
    return schedule.get(session, meeting_id), True


def changeable(known: Meeting, now: datetime) -> Meeting:
    """The same meeting, if it can still be moved or cancelled here.

    Raises:
        ConflictError: it cannot.

    """
    if known.provider != BUILT_IN:
        raise ConflictError(
            f"This meeting is kept by {known.provider}.", code="other_calendar", action="Change it there."
        )
    if known.state == CANCELLED:
        raise ConflictError("This meeting was cancelled.", code="meeting_cancelled", action="Book another time.")
    if known.starts_at <= now:
        raise ConflictError("This meeting has begun or is over.", code="meeting_over", action="Book another time.")
    return known


def _told(session: Session, tenant_id: UUID, meeting_id: UUID) -> Meeting:
    stored = schedule.get(session, meeting_id)
    starts = stored.starts_at.isoformat()
    bus.publish(
        session, tenant_id, MeetingBooked(stored.mission_id, meeting_id, stored.lead_id, starts, stored.sequence)
    )
    return stored


def _to_write(page: BookingPage) -> str | None:
    return "to_write" if page.connection_id else None
