"""Builders of booking pages and meetings."""

from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from rex_celery import db
from rex_celery.meetings import booking, holding, page_changes
from rex_celery.meetings.booking import Invitee
from rex_celery.meetings.holding import Wish
from rex_celery.meetings.pages import BookingPage
from rex_celery.meetings.schedule import Meeting

_numbers = count(1)
# A Monday, eight in the morning in New York.
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TEN = datetime(2026, 6, 2, 14, tzinfo=UTC)
ELEVEN = datetime(2026, 6, 2, 15, tzinfo=UTC)
GRACE = Invitee("Grace Hopper", "grace@example.com", "America/New_York")


def a_page(session: Session, tenant_id: UUID, **fields: Any) -> BookingPage:
    """A page of Ada's, nine to five on weekdays in New York."""
    known = {
        "slug": f"intro-{next(_numbers)}",
        "title": "Intro call",
        "host_name": "Ada Sender",
        "host_email": "ada@acme.example.com",
        "timezone": "America/New_York",
        "hours": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    }
    return page_changes.create(session, tenant_id, known | fields)


def a_meeting(
    tenant_id: UUID, page: BookingPage, start: datetime = TEN, invitee: Invitee = GRACE, now: datetime = NOW
) -> Meeting:
    """A booked meeting, in a transaction of its own."""
    with db.transaction(tenant_id) as session:
        held = holding.hold(session, page.id, Wish(start), now)
        return booking.book(session, tenant_id, held, invitee, start, now)
