"""What is booked, as it is read: one meeting, a list of them, and when a host is busy with them."""

from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import paging
from rex_celery.errors import NotFoundError
from rex_celery.meetings.availability import Interval
from rex_celery.paging import Page

BUILT_IN = "rex"
BOOKED, CANCELLED = "booked", "cancelled"


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting with one person; ``sequence`` rises with each change, as calendars want it.

    ``provider`` is rex or calendly. ``calendar_state``: to_write, to_delete, written, deleted or failed; None where no
    calendar is connected. The host is empty where the calendar is not ours.
    """

    id: UUID
    page_id: UUID | None
    lead_id: UUID | None
    mission_id: UUID | None
    provider: str
    state: str
    title: str
    host_name: str
    host_email: str
    location: str
    invitee_name: str
    invitee_email: str
    invitee_timezone: str | None
    starts_at: datetime
    ends_at: datetime
    sequence: int
    calendar_state: str | None
    note: str | None
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None


_FROM_PAGE = ("host_name", "host_email", "location")
COLUMNS = ", ".join(
    f"coalesce(p.{name}, '') AS {name}" if name in _FROM_PAGE else f"m.{name}"
    for name in (field.name for field in fields(Meeting))
)
_FROM = "FROM meetings AS m LEFT JOIN booking_pages AS p ON p.id = m.page_id"
_GET = text(f"SELECT {COLUMNS} {_FROM} WHERE m.id = :meeting")
_LOCK = text("SELECT FROM meetings WHERE id = :meeting FOR UPDATE")
_LIST = text(f"""
SELECT {COLUMNS} {_FROM}
WHERE (CAST(:at AS timestamptz) IS NULL OR (m.starts_at, m.id) > (:at, CAST(:id AS uuid)))
  AND (CAST(:since AS timestamptz) IS NULL OR m.ends_at > :since)
  AND (CAST(:state AS text) IS NULL OR m.state = :state)
  AND (CAST(:lead AS uuid) IS NULL OR m.lead_id = :lead)
ORDER BY m.starts_at, m.id LIMIT :limit
""")
# Pages of one host are one calendar: a meeting on either is in the way of the other.
_BUSY = text("""
SELECT m.starts_at, m.ends_at FROM meetings AS m JOIN booking_pages AS p ON p.id = m.page_id
WHERE lower(p.host_email) = lower(:host) AND m.state = 'booked' AND m.ends_at > :since
  AND m.id IS DISTINCT FROM CAST(:without AS uuid)
""")


def get(session: Session, meeting_id: UUID, *, lock: bool = False) -> Meeting:
    """One meeting; with ``lock`` nobody else changes it until the transaction ends.

    Raises:
        NotFoundError: this tenant has no such meeting.

    """
    if lock:
        session.execute(_LOCK, {"meeting": meeting_id})
    row = session.execute(_GET, {"meeting": meeting_id}).mappings().one_or_none()
    if row is None:
        raise NotFoundError("There is no such meeting.", code="unknown_meeting")
    return Meeting(**row)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which meetings a list is about: those that end after ``since``, in a state, with one person."""

    since: datetime | None = None
    state: str | None = None
    lead_id: UUID | None = None


def listed(session: Session, wanted: Wanted, *, limit: int, cursor: str | None) -> Page[Meeting]:
    """Meetings in the order in which they take place.

    Raises:
        InvalidError: the cursor is none.

    """
    at, last = paging.read_cursor(cursor, datetime.fromisoformat, UUID) if cursor else (None, None)
    known = {"since": wanted.since, "state": wanted.state, "lead": wanted.lead_id}
    rows = session.execute(_LIST, {**known, "at": at, "id": last, "limit": limit + 1}).mappings().all()
    return paging.cut(rows, limit, lambda row: Meeting(**row), lambda row: (row["starts_at"], row["id"]))


def busy(session: Session, host: str, since: datetime, without: UUID | None = None) -> list[Interval]:
    """When the host with this address has meetings that end after ``since``, but for the one that is being moved."""
    rows = session.execute(_BUSY, {"host": host, "since": since, "without": without})
    return [Interval(row.starts_at, row.ends_at) for row in rows]
