"""A visit to a booking page: the host's calendar is asked before anything is locked, then a time is kept or refused."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rex_celery import db
from rex_celery.meetings import booking, holding, pages, schedule
from rex_celery.meetings.holding import Wish
from rex_celery.meetings.pages import BookingPage
from rex_celery.meetings.schedule import Meeting
from rex_celery.meetings.tokens import Invitation
from rex_celery.outreach import bookings, calendars
from rex_celery.outreach.bookings import Visitor
from rex_celery.outreach.calendars import Outside


@dataclass(frozen=True, slots=True)
class Offer:
    """When the host of a page is free. ``calendar_known`` is False when their own calendar did not answer."""

    page: BookingPage
    free: tuple[datetime, ...]
    calendar_known: bool


def offer(tenant_id: UUID, page_id: UUID, now: datetime, *, moving: UUID | None = None) -> Offer:
    """What a page has to offer, also to whoever wants to move a meeting on it. Opens its own transactions.

    Raises:
        NotFoundError: this tenant has no such page.

    """
    page, outside = _asked(tenant_id, page_id, now)
    if page.state != pages.ACTIVE:
        return Offer(page, (), outside.known)
    with db.transaction(tenant_id) as session:
        free = holding.free(session, page, outside.busy, now, moving=moving)
    return Offer(page, tuple(free), outside.known)


def book(given: Invitation, visitor: Visitor, start: datetime, now: datetime) -> Meeting:
    """Book a time. Opens its own transactions.

    Raises:
        InvalidError, NotFoundError, ConflictError: as ``bookings.book_on_page``.

    """
    _, outside = _asked(given.tenant_id, given.page_id, now)
    with db.transaction(given.tenant_id) as session:
        return bookings.book_on_page(session, given, visitor, Wish(start, outside.busy), now)


def move(tenant_id: UUID, meeting_id: UUID, start: datetime, now: datetime) -> Meeting:
    """Move a meeting to another free time of its page. Opens its own transactions.

    Raises:
        NotFoundError, ConflictError: as ``meetings.booking.reschedule``.

    """
    with db.transaction(tenant_id) as session:
        meeting = booking.changeable(schedule.get(session, meeting_id), now)
    outside = _asked(tenant_id, meeting.page_id, now)[1] if meeting.page_id else Outside()
    with db.transaction(tenant_id) as session:
        return booking.reschedule(session, tenant_id, meeting_id, Wish(start, outside.busy), now)


def _asked(tenant_id: UUID, page_id: UUID, now: datetime) -> tuple[BookingPage, Outside]:
    with db.transaction(tenant_id) as session:
        page = pages.get(session, page_id)
    return page, calendars.outside(tenant_id, page, now)
