"""The booking pages: looking changes nothing, a form books; and the page of a meeting, to move or cancel it."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, render_template, request
from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.errors import ConflictError, InvalidError, RefusedError
from rex_celery.meetings import booking, ics, links, schedule, tokens
from rex_celery.meetings.ics import Method
from rex_celery.meetings.schedule import Meeting
from rex_celery.meetings.tokens import Invitation
from rex_celery.outreach import bookings, visits
from rex_celery.outreach.bookings import Visitor
from web import auth, limits
from web.booking_view import View, chosen, known_zone, parsed, parsed_day, slot, view

pages = Blueprint("booking", __name__, template_folder="pages")

# A person looks at some weeks and books once; a whole office may share one address.
_LOOKS, _BOOKINGS = 240, 30
_FOLDER = Path(__file__).with_name("pages")
_ZONE_OF_LEAD = text("SELECT timezone FROM leads WHERE id = :lead")
_SEE_OTHER = 303

Page = Callable[[str], Response]


def _limited(page: Page) -> Page:
    """Count by address, and show a refusal as a page: people are here, not programs."""

    @wraps(page)
    def guarded(token: str) -> Response:
        try:
            most = _LOOKS if request.method in auth.READING else _BOOKINGS
            limits.check(most, who=f"booking:{request.method in auth.READING}:{request.remote_addr}")
            return page(token)
        except RefusedError as refusal:
            return _answer("booking_refusal.html", refusal.detail, refusal)

    return guarded


@pages.get("/b/style.css")
@auth.public
def style() -> Response:
    return _file("booking.css", "text/css")


@pages.get("/b/zone.js")
@auth.public
def zone_script() -> Response:
    return _file("zone.js", "text/javascript")


@pages.get("/b/<token>")
@auth.public
@_limited
def look(token: str) -> Response:
    """The free times, or the form for one of them. Scanners follow every link: nothing happens here."""
    given = tokens.read_invitation(token, links.secret())
    return _times(given)


@pages.post("/b/<token>")
@auth.public
@_limited
def book(token: str) -> Response:
    """Book the chosen time, and go on to the meeting's own page."""
    given = tokens.read_invitation(token, links.secret())
    filled = Visitor(*(request.form.get(name, "")[:300] for name in ("name", "email", "tz")))
    start = parsed(request.form.get("at", ""))
    if start is None:
        return _times(given)
    try:
        meeting = visits.book(given, filled, start, clock.now())
    except (ConflictError, InvalidError) as refusal:
        return _times(given, refusal, filled)
    return _to_meeting(given.tenant_id, meeting)


@pages.get("/m/<token>")
@auth.public
@_limited
def show(token: str) -> Response:
    """A meeting, for whoever booked it; with ``move`` the times that it can be moved to."""
    tenant_id, meeting = _meeting(token)
    return _moving(tenant_id, meeting) if request.args.get("move") else _one(meeting)


@pages.post("/m/<token>")
@auth.public
@_limited
def change(token: str) -> Response:
    """Move or cancel."""
    tenant_id, meeting = _meeting(token)
    try:
        if request.form.get("do") == "cancel":
            note = " ".join(request.form.get("note", "").split())[:500]
            with db.transaction(tenant_id) as session:
                meeting = bookings.cancel(session, tenant_id, meeting.id, note, clock.now())
        elif start := parsed(request.form.get("at", "")):
            meeting = visits.move(tenant_id, meeting.id, start, clock.now())
    except ConflictError as refusal:
        moving = request.form.get("do") == "move" and refusal.code == "slot_taken"
        return _moving(tenant_id, meeting, refusal) if moving else _one(_meeting(token)[1], refusal)
    return _to_meeting(tenant_id, meeting)


@pages.get("/m/<token>/meeting.ics")
@auth.public
@_limited
def calendar_file(token: str) -> Response:
    """The meeting as a file for the visitor's calendar; a cancelled one takes itself off."""
    tenant_id, meeting = _meeting(token)
    content = ics.write(meeting, Method.PUBLISH, links.meeting_link(tenant_id, meeting.id))
    answer = Response(content, mimetype="text/calendar", headers={"Content-Disposition": "attachment"})
    return _private(answer)


def _times(given: Invitation, refusal: RefusedError | None = None, filled: Visitor | None = None) -> Response:
    """The times, or the form where one was chosen that is still free."""
    offer = visits.offer(given.tenant_id, given.page_id, clock.now())
    seen = _view(offer, _lead_zone(given))
    start = chosen(offer.free, request.values.get("at", ""))
    if start is None:
        return _answer("booking_times.html", offer.page.title, refusal, view=seen)
    wrong = {problem.where for problem in refusal.problems} if refusal else set()
    return _answer(
        "booking_form.html",
        offer.page.title,
        refusal,
        view=seen,
        chosen=slot(start, offer.page.minutes, seen.zone),
        filled=filled or Visitor("", ""),
        wrong=wrong,
    )


def _one(meeting: Meeting, refusal: RefusedError | None = None) -> Response:
    zone = _zone(meeting)
    title = "Your meeting is cancelled" if meeting.state == schedule.CANCELLED else "Your meeting is booked"
    return _answer(
        "booking_meeting.html",
        title,
        refusal,
        meeting=meeting,
        when=slot(meeting.starts_at, _minutes(meeting), zone),
        zone=zone,
        own=request.path,
        changeable=_is_changeable(meeting),
    )


def _moving(tenant_id: UUID, meeting: Meeting, refusal: RefusedError | None = None) -> Response:
    booking.changeable(meeting, clock.now())
    offer = visits.offer(tenant_id, meeting.page_id or meeting.id, clock.now(), moving=meeting.id)
    seen = _view(offer, meeting.invitee_timezone)
    start = chosen(offer.free, request.values.get("at", ""))
    return _answer(
        "booking_move.html",
        "Move your meeting",
        refusal,
        view=seen,
        when=slot(meeting.starts_at, _minutes(meeting), seen.zone),
        chosen=slot(start, offer.page.minutes, seen.zone) if start else None,
        own=request.path,
    )


def _view(offer: visits.Offer, known: str | None) -> View:
    asked = request.values.get("tz", "")
    zone = known_zone(asked, known, offer.page.timezone)
    return view(offer, request.path, zone, parsed_day(request.args.get("since", "")), zone_chosen=zone == asked)


def _zone(meeting: Meeting) -> str:
    return known_zone(request.values.get("tz"), meeting.invitee_timezone, "UTC")


def _lead_zone(given: Invitation) -> str | None:
    if given.lead_id is None:
        return None
    with db.transaction(given.tenant_id) as session:
        zone: str | None = session.scalar(_ZONE_OF_LEAD, {"lead": given.lead_id})
    return zone


def _meeting(token: str) -> tuple[UUID, Meeting]:
    tenant_id, meeting_id = tokens.read_meeting(token, links.secret())
    with db.transaction(tenant_id) as session:
        return tenant_id, schedule.get(session, meeting_id)


def _is_changeable(meeting: Meeting) -> bool:
    try:
        booking.changeable(meeting, clock.now())
    except ConflictError:
        return False
    return True


def _minutes(meeting: Meeting) -> int:
    return int((meeting.ends_at - meeting.starts_at).total_seconds()) // 60


def _to_meeting(tenant_id: UUID, meeting: Meeting) -> Response:
    """A page that can be loaded again without doing it again."""
    zone = quote(_zone(meeting), safe="")
    address = f"/m/{tokens.meeting(links.secret(), tenant_id, meeting.id)}?tz={zone}"
    return _private(Response(status=_SEE_OTHER, headers={"Location": address}))


def _answer(template: str, title: str, refusal: RefusedError | None = None, **known: Any) -> Response:
    page = Response(render_template(template, title=title, trouble=refusal, **known), mimetype="text/html")
    if refusal:
        page.status_code = refusal.status
    return _private(page)


def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    # The address is what lets somebody in: no other site may learn it.
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _file(name: str, kind: str) -> Response:
    content = (_FOLDER / name).read_text(encoding="utf-8")
    return Response(content, mimetype=kind, headers={"Cache-Control": "public, max-age=3600"})
