"""Booking pages as they are read: one, a list of them, and the rules by which a page's host is free."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import paging
from rex_celery.errors import NotFoundError
from rex_celery.meetings import hours
from rex_celery.meetings.availability import Rules
from rex_celery.paging import Page

ACTIVE, PAUSED = "active", "paused"


@dataclass(frozen=True, slots=True)
class BookingPage:
    """When a host may be booked. ``hours`` are weekly wall times in ``timezone``; ``state`` is active or paused.

    ``connection_id`` is the calendar whose events are in the way and into which meetings are written.
    """

    id: UUID
    slug: str
    title: str
    host_name: str
    host_email: str
    location: str
    timezone: str
    hours: Mapping[str, Sequence[Sequence[str]]]
    minutes: int
    buffer_minutes: int
    notice_minutes: int
    horizon_days: int
    connection_id: UUID | None
    state: str
    created_at: datetime


COLUMNS = ", ".join(field.name for field in fields(BookingPage))
_GET = text(f"SELECT {COLUMNS} FROM booking_pages WHERE id = :page")
_LIST = text(f"""
SELECT {COLUMNS} FROM booking_pages
WHERE CAST(:at AS timestamptz) IS NULL OR (created_at, id) < (:at, CAST(:id AS uuid))
ORDER BY created_at DESC, id DESC LIMIT :limit
""")


def get(session: Session, page_id: UUID) -> BookingPage:
    """One page.

    Raises:
        NotFoundError: this tenant has no such page.

    """
    row = session.execute(_GET, {"page": page_id}).mappings().one_or_none()
    if row is None:
        raise NotFoundError("There is no such booking page.", code="unknown_booking_page")
    return BookingPage(**row)


def listed(session: Session, *, limit: int, cursor: str | None) -> Page[BookingPage]:
    """The pages, newest first.

    Raises:
        InvalidError: the cursor is none.

    """
    at, last = paging.read_cursor(cursor, datetime.fromisoformat, UUID) if cursor else (None, None)
    rows = session.execute(_LIST, {"at": at, "id": last, "limit": limit + 1}).mappings().all()
    return paging.cut(rows, limit, lambda row: BookingPage(**row), lambda row: (row["created_at"], row["id"]))


def rules(page: BookingPage) -> Rules:
    """When the host of this page is free."""
    return Rules(
        zone=ZoneInfo(page.timezone),
        hours=hours.read(page.hours),
        length=timedelta(minutes=page.minutes),
        buffer=timedelta(minutes=page.buffer_minutes),
        notice=timedelta(minutes=page.notice_minutes),
        horizon=timedelta(days=page.horizon_days),
    )
