"""The booking pages: looking changes nothing, a form books. They need no script."""

from pathlib import Path

from flask import Blueprint, Response, request
from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.errors import ConflictError, InvalidError, RefusedError
from rex_celery.meetings import links, tokens
from rex_celery.meetings.tokens import Invitation
from rex_celery.outreach import visits
from rex_celery.outreach.bookings import Visitor
from web import auth, visitors
from web.booking_view import chosen, parsed, slot

pages = Blueprint("booking", __name__, template_folder="pages")

_FOLDER = Path(__file__).with_name("pages")
_ZONE_OF_LEAD = text("SELECT timezone FROM leads WHERE id = :lead")


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
@visitors.limited
def look(token: str) -> Response:
    """The free times, or the form for one of them. Scanners follow every link: nothing happens here."""
    given = tokens.read_invitation(token, links.secret())
    return _times(given)


@pages.post("/b/<token>")
@auth.public
@visitors.limited
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
    return visitors.to_meeting(given.tenant_id, meeting)


def _times(given: Invitation, refusal: RefusedError | None = None, filled: Visitor | None = None) -> Response:
    """The times, or the form where one was chosen that is still free."""
    offer = visits.offer(given.tenant_id, given.page_id, clock.now())
    seen = visitors.seen(offer, _lead_zone(given))
    start = chosen(offer.free, request.values.get("at", ""))
    if start is None:
        return visitors.answer("booking_times.html", offer.page.title, refusal, view=seen)
    wrong = {problem.where for problem in refusal.problems} if refusal else set()
    return visitors.answer(
        "booking_form.html",
        offer.page.title,
        refusal,
        view=seen,
        chosen=slot(start, offer.page.minutes, seen.zone),
        filled=filled or Visitor("", ""),
        wrong=wrong,
    )


def _lead_zone(given: Invitation) -> str | None:
    if given.lead_id is None:
        return None
    with db.transaction(given.tenant_id) as session:
        zone: str | None = session.scalar(_ZONE_OF_LEAD, {"lead": given.lead_id})
    return zone


def _file(name: str, kind: str) -> Response:
    content = (_FOLDER / name).read_text(encoding="utf-8")
    return Response(content, mimetype=kind, headers={"Cache-Control": "public, max-age=3600"})
