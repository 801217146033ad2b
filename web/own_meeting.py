"""A meeting's own page, for whoever booked it: the calendar file, another time, or calling it off."""

from uuid import UUID

from flask import Blueprint, Response, request

from rex_celery import clock, db
from rex_celery.errors import ConflictError, RefusedError
from rex_celery.meetings import booking, ics, links, schedule, tokens
from rex_celery.meetings.ics import Method
from rex_celery.meetings.schedule import Meeting
from rex_celery.outreach import bookings, visits
from web import auth, visitors
from web.booking_view import chosen, parsed, slot

pages = Blueprint("own_meeting", __name__, template_folder="pages")


@pages.get("/m/<token>")
@auth.public
@visitors.limited
def show(token: str) -> Response:
    """A meeting, for whoever booked it; with ``move`` the times that it can be moved to."""
    tenant_id, meeting = _meeting(token)
    return _moving(tenant_id, meeting) if request.args.get("move") else _one(meeting)


@pages.post("/m/<token>")
@auth.public
@visitors.limited
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
    return visitors.to_meeting(tenant_id, meeting)


@pages.get("/m/<token>/meeting.ics")
@auth.public
@visitors.limited
def calendar_file(token: str) -> Response:
    """The meeting as a file for the visitor's calendar; a cancelled one takes itself off."""
    tenant_id, meeting = _meeting(token)
    content = ics.write(meeting, Method.PUBLISH, links.meeting_link(tenant_id, meeting.id))
    answer = Response(content, mimetype="text/calendar", headers={"Content-Disposition": "attachment"})
    return visitors.private(answer)


def _one(meeting: Meeting, refusal: RefusedError | None = None) -> Response:
    zone = visitors.zone_of(meeting)
    title = "Your meeting is cancelled" if meeting.state == schedule.CANCELLED else "Your meeting is booked"
    return visitors.answer(
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
    seen = visitors.seen(offer, meeting.invitee_timezone)
    start = chosen(offer.free, request.values.get("at", ""))
    return visitors.answer(
        "booking_move.html",
        "Move your meeting",
        refusal,
        view=seen,
        when=slot(meeting.starts_at, _minutes(meeting), seen.zone),
        chosen=slot(start, offer.page.minutes, seen.zone) if start else None,
        own=request.path,
    )


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
