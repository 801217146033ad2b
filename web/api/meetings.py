"""Meetings: what is booked, wherever it was booked; called off and moved where REX keeps the calendar."""

from typing import Literal
from uuid import UUID

from flask import Response, jsonify
from pydantic import AwareDatetime, Field

from rex_celery import clock, db
from rex_celery.errors import ConflictError
from rex_celery.meetings import ics, links, schedule
from rex_celery.meetings.ics import Method
from rex_celery.meetings.schedule import BUILT_IN, Meeting, Wanted
from rex_celery.outreach import bookings, visits
from rex_celery.tenancy import audit
from rex_celery.tenancy.access import Role
from web import auth
from web.api.shapes import Body, Cursor, Path, Words, documented, listed, resource

api = resource("meetings", "Meetings, booked on our pages or at Calendly.")


class MeetingPath(Path):
    meeting_id: UUID


class MeetingQuery(Cursor):
    since: AwareDatetime | None = Field(None, description="Only those that end after this moment.")
    state: Literal["booked", "cancelled"] | None = None
    lead_id: UUID | None = Field(None, description="Only those with this person.")


class Cancellation(Body):
    """Why; whoever booked sees it."""

    note: Words = ""


class NewTime(Body):
    """Another time: one that the meeting's page has free."""

    starts_at: AwareDatetime = Field(examples=["2026-06-02T14:00:00Z"])


@api.get("/meetings", responses={"200": listed(Meeting)})
@auth.needs(Role.VIEWER)
def list_meetings(query: MeetingQuery) -> Response:
    """Meetings in the order in which they take place."""
    wanted = Wanted(query.since, query.state, query.lead_id)
    return jsonify(schedule.listed(auth.tenant_session(), wanted, limit=query.limit, cursor=query.cursor))


@api.get("/meetings/<meeting_id>", responses={"200": documented(Meeting)})
@auth.needs(Role.VIEWER)
def show(path: MeetingPath) -> Response:
    """One meeting."""
    return jsonify(schedule.get(auth.tenant_session(), path.meeting_id))


@api.get(
    "/meetings/<meeting_id>.ics",
    responses={"200": {"description": "RFC 5545", "content": {"text/calendar": {"schema": {"type": "string"}}}}},
)
@auth.needs(Role.VIEWER)
def show_ics(path: MeetingPath) -> Response:
    """The invitation as a file to send: REQUEST, or CANCEL once the meeting is called off."""
    meeting = schedule.get(auth.tenant_session(), path.meeting_id)
    if meeting.provider != BUILT_IN:
        raise ConflictError(f"This meeting is kept by {meeting.provider}.", action="Take the invitation from there.")
    link = links.meeting_link(auth.caller().tenant_id, meeting.id)
    disposition = f"attachment; filename={meeting.id}.ics"
    content = ics.write(meeting, Method.REQUEST, link)
    return Response(content, mimetype="text/calendar", headers={"Content-Disposition": disposition})


@api.post("/meetings/<meeting_id>/cancel", responses={"200": documented(Meeting)})
@auth.needs(Role.OPERATOR)
def cancel(path: MeetingPath, body: Cancellation) -> Response:
    """Call a meeting off. The person's sequence does not begin again; a to-do says that it is somebody's turn."""
    session, caller = auth.tenant_session(), auth.caller()
    meeting = bookings.cancel(session, caller.tenant_id, path.meeting_id, body.note, clock.now())
    audit.record(session, caller.actor, "meeting.cancelled", str(meeting.id))
    return jsonify(meeting)


@api.post("/meetings/<meeting_id>/reschedule", responses={"200": documented(Meeting)})
@auth.needs(Role.OPERATOR, own_transactions=True)
def reschedule(path: MeetingPath, body: NewTime) -> Response:
    """Move a meeting to another time that its page has free; a refusal names some."""
    caller = auth.caller()
    meeting = visits.move(caller.tenant_id, path.meeting_id, body.starts_at, clock.now())
    with db.transaction(caller.tenant_id) as session:
        audit.record(session, caller.actor, "meeting.moved", str(meeting.id))
    return jsonify(meeting)
