"""What the pages for visitors share: how often they may ask, and answers that keep their address to themselves."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Response, render_template, request

from rex_celery.errors import RefusedError
from rex_celery.meetings import links, tokens
from rex_celery.meetings.schedule import Meeting
from rex_celery.outreach.visits import Offer
from web import auth, limits
from web.booking_view import View, known_zone, parsed_day, view

# A person looks at some weeks and books once; a whole office may share one address.
LOOKS, BOOKINGS = 240, 30
_SEE_OTHER = 303

Page = Callable[[str], Response]


def limited(page: Page) -> Page:
    """Count by address, and show a refusal as a page: people are here, not programs."""

    @wraps(page)
    def guarded(token: str) -> Response:
        try:
            most = LOOKS if request.method in auth.READING else BOOKINGS
            limits.check(most, who=f"booking:{request.method in auth.READING}:{request.remote_addr}")
            return page(token)
        except RefusedError as refusal:
            return answer("booking_refusal.html", refusal.detail, refusal)

    return guarded


def seen(offer: Offer, known: str | None) -> View:
    """The page as this visitor sees it: in the zone they chose, else one that is known of them, else the host's."""
    asked = request.values.get("tz", "")
    zone = known_zone(asked, known, offer.page.timezone)
    return view(offer, request.path, zone, parsed_day(request.args.get("since", "")), zone_chosen=zone == asked)


def zone_of(meeting: Meeting) -> str:
    """The zone in which this visitor reads their meeting."""
    return known_zone(request.values.get("tz"), meeting.invitee_timezone, "UTC")


def to_meeting(tenant_id: UUID, meeting: Meeting) -> Response:
    """A page that can be loaded again without doing it again."""
    zone = quote(zone_of(meeting), safe="")
    address = f"/m/{tokens.meeting(links.secret(), tenant_id, meeting.id)}?tz={zone}"
    return private(Response(status=_SEE_OTHER, headers={"Location": address}))


def answer(template: str, title: str, refusal: RefusedError | None = None, **known: Any) -> Response:
    """A page, with what it was refused for; ``known`` is what the template needs."""
    page = Response(render_template(template, title=title, trouble=refusal, **known), mimetype="text/html")
    if refusal:
        page.status_code = refusal.status
    return private(page)


def private(answer: Response) -> Response:
    """The same answer, for nobody to keep."""
    answer.headers["Cache-Control"] = "no-store"
    # The address is what lets somebody in: no other site may learn it.
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
