"""Making and changing booking pages; what is wrong with one is told all at once."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from rex_celery.errors import ConflictError, InvalidError, Problem
from rex_celery.meetings import hours, pages
from rex_celery.meetings.pages import BookingPage
from rex_celery.models import BookingPage as Stored
from rex_celery.models import Connection


def create(session: Session, tenant_id: UUID, given: Mapping[str, Any]) -> BookingPage:
    """Make a page; ``given`` are fields of ``BookingPage``, of which those with a default may be missing.

    Raises:
        InvalidError: with every problem of the fields.
        ConflictError: the tenant has a page of this slug.

    """
    _check(session, given)
    _check_slug(session, given["slug"])
    row = Stored(id=uuid4(), tenant_id=tenant_id, **given)
    session.add(row)
    session.flush()
    return pages.get(session, row.id)


def change(session: Session, page_id: UUID, given: Mapping[str, Any]) -> BookingPage:
    """Change some fields; meetings that are booked stay as they are.

    Raises:
        NotFoundError: this tenant has no such page.
        InvalidError, ConflictError: as ``create``.

    """
    known = pages.get(session, page_id)
    _check(session, given)
    if given.get("slug", known.slug) != known.slug:
        _check_slug(session, given["slug"])
    row = session.get_one(Stored, page_id, with_for_update=True)
    for name, value in given.items():
        setattr(row, name, value)
    session.flush()
    return pages.get(session, page_id)


def _check(session: Session, given: Mapping[str, Any]) -> None:
    problems = []
    if "timezone" in given and given["timezone"] not in available_timezones():
        problems.append(Problem("body.timezone", "is no time zone", "an IANA name such as America/New_York"))
    if given.get("connection_id") and not _is_calendar(session, given["connection_id"]):
        problems.append(Problem("body.connection_id", "is no calendar", "the id of a connection to CalDAV"))
    if "hours" in given:
        try:
            hours.read(given["hours"], "body.hours")
        except InvalidError as refusal:
            problems.extend(refusal.problems)
    if problems:
        raise InvalidError("The booking page cannot be kept like this.", problems=tuple(problems))


def _is_calendar(session: Session, connection_id: UUID) -> bool:
    provider = session.scalar(select(Connection.provider).where(Connection.id == connection_id))
    return provider == "caldav"


def _check_slug(session: Session, slug: str) -> None:
    if session.scalar(select(Stored.id).where(Stored.slug == slug)):
        raise ConflictError(
            f"There is a booking page “{slug}” already.", code="slug_taken", action="Choose another slug."
        )
