"""Keeping a time: whoever comes second hears which times are still free."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.errors import ConflictError, Problem
from rex_celery.meetings import availability, pages, schedule
from rex_celery.meetings.availability import Interval
from rex_celery.meetings.pages import BookingPage

_SHOWN_SLOTS = 5

# Pages of one host are locked together and in one order, so two visitors of two pages cannot get the same hour.
_LOCK_HOST = text("""
SELECT FROM booking_pages WHERE lower(host_email) = (SELECT lower(host_email) FROM booking_pages WHERE id = :page)
ORDER BY id FOR UPDATE
""")


@dataclass(frozen=True, slots=True)
class Wish:
    """When somebody would like to meet, and what the host's own calendar held when they chose."""

    start: datetime
    outside: Sequence[Interval] = ()


def free(
    session: Session, page: BookingPage, outside: Sequence[Interval], now: datetime, *, moving: UUID | None = None
) -> list[datetime]:
    """The beginnings of this page's free slots; ``outside`` is what the host's own calendar holds."""
    busy = schedule.busy(session, page.host_email, now, moving)
    return availability.slots(pages.rules(page), [*busy, *outside], now)


def hold(session: Session, page_id: UUID, wish: Wish, now: datetime, *, moving: UUID | None = None) -> BookingPage:
    """See that the time is free, and keep it so until the transaction ends: the host's pages are locked.

    Raises:
        NotFoundError: this tenant has no such page.
        ConflictError: somebody was faster, or the page takes no bookings; the problems name times that are free.

    """
    session.execute(_LOCK_HOST, {"page": page_id})
    page = pages.get(session, page_id)
    if page.state != pages.ACTIVE:
        raise ConflictError(
            "This page takes no bookings at the moment.", code="page_paused", action="Answer the message instead."
        )
    slots = free(session, page, wish.outside, now, moving=moving)
    if wish.start not in slots:
        raise _taken(wish.start, slots)
    return page


def _taken(start: datetime, slots: Sequence[datetime]) -> ConflictError:
    near = sorted(sorted(slots, key=lambda slot: abs(slot - start))[:_SHOWN_SLOTS])
    expected = "one of " + ", ".join(slot.isoformat() for slot in near) if near else "no time is free"
    problem = Problem("starts_at", "is not free", expected)
    return ConflictError(
        "This time is not free any more.", code="slot_taken", action="Choose another time.", problems=(problem,)
    )
