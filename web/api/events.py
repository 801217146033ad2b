"""The tenant's event log, for who polls instead of listening."""

from dataclasses import dataclass
from uuid import UUID

from flask import Response, jsonify
from pydantic import Field

from rex_celery.missions import history
from rex_celery.missions.history import StoredEvent
from rex_celery.tenancy.access import Role
from web import auth
from web.api.shapes import LARGEST_SERIAL, Query, documented, resource

api = resource("events", "Everything that happened, numbered without gaps.")


class EventQuery(Query):
    after: int = Field(0, ge=0, le=LARGEST_SERIAL, description="The seq of the last event you have.")
    limit: int = Field(50, ge=1, le=200)
    mission_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Events:
    """Events in order; ``last_seq`` is the number of the newest there is, in this answer or not."""

    items: list[StoredEvent]
    last_seq: int


@api.get("/events", responses={"200": documented(Events)})
@auth.needs(Role.VIEWER)
def list_after(query: EventQuery) -> Response:
    """What happened after an event, oldest first."""
    session = auth.tenant_session()
    # The head first: an event that comes in between is then newer than last_seq says, never older.
    last = history.last_seq(session)
    return jsonify(Events(history.events(session, query.after, query.limit, query.mission_id), last))
