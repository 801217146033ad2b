"""Booking pages: when somebody may be booked, and the links that people are given."""

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from flask import Response, jsonify
from pydantic import Field, StringConstraints

from rex_celery.leads import queries
from rex_celery.meetings import links, page_changes, pages
from rex_celery.meetings.pages import BookingPage
from rex_celery.tenancy import audit
from rex_celery.tenancy.access import Role
from web import auth
from web.api.shapes import FILLED_EMAIL, PREFIX, SLUG, Body, Cursor, Line, Path, Query, documented, listed, resource

api = resource("booking-pages", "Pages on which people book a time with somebody of yours.")

_DAY = 24 * 60
Slug = Annotated[str, StringConstraints(pattern=SLUG, max_length=60)]
Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254, pattern=FILLED_EMAIL)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Hours = dict[str, list[list[str]]]
_HOURS = {"mon": [["09:00", "12:00"], ["13:00", "17:00"]], "fri": [["09:00", "24:00"]]}


class BookingPageChange(Body):
    """The fields to set; those left out stay as they are. ``hours`` are wall times in ``timezone``."""

    slug: Slug | None = Field(None, examples=["intro-call"])
    title: Words | None = Field(None, examples=["Intro call"])
    host_name: Words | None = Field(None, examples=["Ada Sender"])
    host_email: Email | None = Field(None, examples=["ada@acme.example.com"])
    location: Line | None = Field(None, examples=["https://meet.example.com/ada"])
    timezone: Line | None = Field(None, examples=["America/New_York"])
    hours: Hours | None = Field(None, examples=[_HOURS])
    minutes: int | None = Field(None, ge=5, le=480)
    buffer_minutes: int | None = Field(None, ge=0, le=240)
    notice_minutes: int | None = Field(None, ge=0, le=30 * _DAY)
    horizon_days: int | None = Field(None, ge=1, le=120)
    connection_id: UUID | None = Field(None, description="A connection to CalDAV; null takes the calendar away.")
    state: Literal["active", "paused"] | None = None


class BookingPageCreate(BookingPageChange):
    """A page; what is left out of the last fields: 30 minutes, no buffer, 4 hours of notice, 30 days ahead."""

    slug: Slug = Field(examples=["intro-call"])
    title: Words = Field(examples=["Intro call"])
    host_name: Words = Field(examples=["Ada Sender"])
    host_email: Email = Field(examples=["ada@acme.example.com"])
    timezone: Line = Field(examples=["America/New_York"])
    hours: Hours = Field(examples=[_HOURS])


class BookingPagePath(Path):
    page_id: UUID


class LinkQuery(Query):
    lead_id: UUID | None = Field(None, description="Whom the link is for; leave out for a link for anybody.")
    mission_id: UUID | None = Field(None, description="The mission that gives it to them.")


@dataclass(frozen=True, slots=True)
class BookingLink:
    """An address that opens a booking page; it tells nothing of the person, and never expires."""

    url: str


@api.get("/booking-pages", responses={"200": listed(BookingPage)})
@auth.needs(Role.VIEWER)
def list_pages(query: Cursor) -> Response:
    """The pages, newest first."""
    return jsonify(pages.listed(auth.tenant_session(), limit=query.limit, cursor=query.cursor))


@api.post("/booking-pages", responses={"201": documented(BookingPage)})
@auth.needs(Role.OPERATOR)
def create(body: BookingPageCreate) -> tuple[Response, int, dict[str, str]]:
    """Make a page."""
    session, caller = auth.tenant_session(), auth.caller()
    page = page_changes.create(session, caller.tenant_id, _set(body))
    audit.record(session, caller.actor, "booking_page.created", str(page.id))
    return jsonify(page), 201, {"Location": f"{PREFIX}/booking-pages/{page.id}"}


@api.get("/booking-pages/<page_id>", responses={"200": documented(BookingPage)})
@auth.needs(Role.VIEWER)
def show(path: BookingPagePath) -> Response:
    """One page."""
    return jsonify(pages.get(auth.tenant_session(), path.page_id))


@api.patch("/booking-pages/<page_id>", responses={"200": documented(BookingPage)})
@auth.needs(Role.OPERATOR)
def change(path: BookingPagePath, body: BookingPageChange) -> Response:
    """Set some fields; meetings that are booked stay as they are."""
    session, caller, given = auth.tenant_session(), auth.caller(), _set(body)
    page = page_changes.change(session, path.page_id, given)
    audit.record(session, caller.actor, "booking_page.changed", str(page.id), {"fields": sorted(given)})
    return jsonify(page)


@api.get("/booking-pages/<page_id>/link", responses={"200": documented(BookingLink)})
@auth.needs(Role.VIEWER)
def link(path: BookingPagePath, query: LinkQuery) -> Response:
    """The page's address for one lead, so that a booking is known to be theirs, or for anybody."""
    session = auth.tenant_session()
    page = pages.get(session, path.page_id)
    if query.lead_id:
        queries.get(session, query.lead_id)
    url = links.booking_link(auth.caller().tenant_id, page.id, query.lead_id, query.mission_id)
    return jsonify(BookingLink(url))


def _set(body: BookingPageChange) -> dict[str, object]:
    """The fields that were given. Only a calendar can be taken away: every other field has to be something."""
    given = body.model_dump(exclude_unset=True)
    return {name: value for name, value in given.items() if value is not None or name == "connection_id"}
