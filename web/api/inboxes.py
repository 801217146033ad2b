"""Inboxes: who messages come from."""

from typing import Annotated
from uuid import UUID

from flask import Response, jsonify
from pydantic import Field

from rex_celery import clock
from rex_celery.outreach import inboxes
from rex_celery.outreach.inboxes import Inbox
from rex_celery.tenancy.access import Role
from rex_celery.vocabulary import Channel
from web import auth
from web.api.shapes import PREFIX, Body, Cursor, Line, Path, documented, listed, resource

api = resource("inboxes", "Who messages come from: an address, a number or a LinkedIn account, with its caps.")

Alias = Annotated[Line, Field(min_length=1)]
LARGEST_CAP = 100_000
DAY_SECONDS = 86_400


class InboxPath(Path):
    inbox_id: UUID


class InboxChange(Body):
    """The fields to set; null stands for the policy's."""

    name: Line = Field("", description="Shown beside an e-mail address.", examples=["Ada Sender"])
    aliases: list[Alias] = Field([], max_length=50, description="Other addresses whose mail is this inbox's own.")
    per_day: int | None = Field(None, ge=0, le=LARGEST_CAP, examples=[50])
    per_hour: int | None = Field(None, ge=0, le=LARGEST_CAP, examples=[15])
    gap_seconds: int | None = Field(None, ge=0, le=DAY_SECONDS, examples=[120])
    jitter_seconds: int | None = Field(None, ge=0, le=DAY_SECONDS, examples=[60])


class NewInbox(InboxChange):
    """An inbox of a connection, or one of ``channel`` that needs none: the outbox, LinkedIn by hand."""

    connection_id: UUID | None = None
    channel: Channel | None = None
    address: Line = Field(min_length=1, examples=["ada@acme.example.com", "+12025550143"])


@api.get("/inboxes", responses={"200": listed(Inbox)})
@auth.needs(Role.VIEWER)
def list_inboxes(query: Cursor) -> Response:
    """The inboxes, oldest first."""
    return jsonify(inboxes.page(auth.tenant_session(), limit=query.limit, cursor=query.cursor))


@api.post("/inboxes", responses={"201": documented(Inbox)})
@auth.needs(Role.ADMIN)
def create(body: NewInbox) -> tuple[Response, int, dict[str, str]]:
    """Add an inbox; new people are spread over all that send."""
    caller = auth.caller()
    made = inboxes.create(auth.tenant_session(), caller.tenant_id, body.model_dump(), clock.now(), actor=caller.actor)
    return jsonify(made), 201, {"Location": f"{PREFIX}/inboxes/{made.id}"}


@api.get("/inboxes/<inbox_id>", responses={"200": documented(Inbox)})
@auth.needs(Role.VIEWER)
def show(path: InboxPath) -> Response:
    """One inbox."""
    return jsonify(inboxes.get(auth.tenant_session(), path.inbox_id))


@api.patch("/inboxes/<inbox_id>", responses={"200": documented(Inbox)})
@auth.needs(Role.ADMIN)
def change(path: InboxPath, body: InboxChange) -> Response:
    """Set its name, aliases, caps or gap; its address stays, because threads stand on it."""
    changes = body.model_dump(exclude_unset=True)
    return jsonify(inboxes.change(auth.tenant_session(), path.inbox_id, changes, actor=auth.caller().actor))


@api.post("/inboxes/<inbox_id>/pause", responses={"200": documented(Inbox)})
@auth.needs(Role.OPERATOR)
def pause(path: InboxPath) -> Response:
    """Let it send nothing new; what it was to send waits."""
    caller = auth.caller()
    return jsonify(inboxes.pause(auth.tenant_session(), caller.tenant_id, path.inbox_id, actor=caller.actor))


@api.post("/inboxes/<inbox_id>/resume", responses={"200": documented(Inbox)})
@auth.needs(Role.OPERATOR)
def resume(path: InboxPath) -> Response:
    """Let it send again, whoever paused or suspended it."""
    caller = auth.caller()
    return jsonify(inboxes.resume(auth.tenant_session(), caller.tenant_id, path.inbox_id, actor=caller.actor))
