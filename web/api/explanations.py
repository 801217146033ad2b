"""Explanations: why a mission, a person, a message or an inbox stands where it stands, and what would help."""

from uuid import UUID

from flask import Response, jsonify
from pydantic import AwareDatetime, Field

from rex_celery import clock
from rex_celery.explain import inbox, lead, message, mission
from rex_celery.explain.timeline import Part
from rex_celery.explain.views import InboxExplained, LeadExplained, MessageExplained, MissionExplained
from rex_celery.tenancy.access import Role
from web import auth
from web.api.shapes import Path, Query, documented, resource

api = resource("explanations", "What happened, what is next and when, what blocks it, and what would unblock it.")

MOST_EVENTS = 500


class MissionPath(Path):
    mission_id: UUID


class LeadPath(Path):
    lead_id: UUID


class MessagePath(Path):
    message_id: UUID


class InboxPath(Path):
    inbox_id: UUID


class TimelineQuery(Query):
    limit: int = Field(100, ge=1, le=MOST_EVENTS, description="How many events at most, newest first.")
    before: AwareDatetime | None = Field(None, description="Only events before this moment: the last one's time.")


@api.get("/missions/<mission_id>/explain", responses={"200": documented(MissionExplained)})
@auth.needs(Role.VIEWER)
def explain_mission(path: MissionPath) -> Response:
    """A mission: its sums, its reasons, what waits and why, when it goes on, and who sends for it."""
    return jsonify(mission.explain(auth.tenant_session(), path.mission_id, clock.now()))


@api.get("/leads/<lead_id>/explain", responses={"200": documented(LeadExplained)})
@auth.needs(Role.VIEWER)
def explain_lead(path: LeadPath, query: TimelineQuery) -> Response:
    """A person: the timeline, newest first, what comes next and what stands against it."""
    part = Part(query.limit, query.before)
    found = lead.explain(auth.tenant_session(), auth.caller().tenant_id, path.lead_id, clock.now(), part)
    return jsonify(found)


@api.get("/messages/<message_id>/explain", responses={"200": documented(MessageExplained)})
@auth.needs(Role.VIEWER)
def explain_message(path: MessagePath) -> Response:
    """A message: what became of it, or everything that would hold it if it were due now."""
    session, tenant_id = auth.tenant_session(), auth.caller().tenant_id
    return jsonify(message.explain(session, tenant_id, path.message_id, clock.now()))


@api.get("/inboxes/<inbox_id>/explain", responses={"200": documented(InboxExplained)})
@auth.needs(Role.VIEWER)
def explain_inbox(path: InboxPath) -> Response:
    """An inbox: what holds it, how much of its caps is used, what waits for it and what it sent."""
    session, tenant_id = auth.tenant_session(), auth.caller().tenant_id
    return jsonify(inbox.explain(session, tenant_id, path.inbox_id, clock.now()))
