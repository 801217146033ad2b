"""What came in by webhooks and mailboxes: what became of each event, and trying one again."""

from typing import Literal

from flask import Response, jsonify
from pydantic import Field

from rex_celery.tenancy import audit
from rex_celery.tenancy.access import Role
from rex_celery.webhooks import queries
from rex_celery.webhooks.queries import InboundEvent
from web import auth
from web.api.shapes import LARGEST_SERIAL, Cursor, Line, Path, documented, listed, resource

api = resource("inbound events", "What providers told REX, each once, and what became of it.")

State = Literal["pending", "applied", "ignored", "unmatched", "failed"]


class EventQuery(Cursor):
    state: State | None = Field(None, description="unmatched: it names no message of yours. failed: see its note.")
    kind: Line | None = Field(None, description="Such as sendgrid.event or twilio.inbound.")


class EventPath(Path):
    inbound_event_id: int = Field(ge=1, le=LARGEST_SERIAL)


@api.get("/webhooks/in", responses={"200": listed(InboundEvent)})
@auth.needs(Role.VIEWER)
def list_all(query: EventQuery) -> Response:
    """What came in, the newest first, as long as it is kept (REX_INBOUND_DAYS)."""
    found = queries.page(
        auth.tenant_session(), state=query.state, kind=query.kind, limit=query.limit, cursor=query.cursor
    )
    return jsonify(found)


@api.post("/webhooks/in/<inbound_event_id>/retry", responses={"200": documented(InboundEvent)})
@auth.needs(Role.OPERATOR)
def retry(path: EventPath) -> Response:
    """Try an event again that failed, or that named nothing known then."""
    session = auth.tenant_session()
    found = queries.again(session, path.inbound_event_id)
    audit.record(session, auth.caller().actor, "inbound_event.retried", str(path.inbound_event_id))
    return jsonify(found)
