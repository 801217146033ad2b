"""Connections: a tenant's accounts at SendGrid, Twilio, a mail server and the like."""

from typing import Literal
from uuid import UUID

from flask import Response, jsonify
from pydantic import Field, JsonValue

from rex_celery import clock, db
from rex_celery.outreach import connection_test, connections
from rex_celery.outreach.connection_test import Result
from rex_celery.outreach.connections import Change, Connection, New
from rex_celery.tenancy.access import Role
from web import auth
from web.api.shapes import PREFIX, Body, Line, Path, documented, listed, resource

api = resource("connections", "Accounts at providers. Their secrets go in and are never shown.")

Settings = dict[str, JsonValue]


class ConnectionPath(Path):
    connection_id: UUID


class NewConnection(Body):
    """What a provider must be told stands in docs/providers.md; what is missing or wrong is said all at once."""

    provider: Line = Field(examples=["sendgrid"])
    name: Line = Field(min_length=1, examples=["SendGrid, Europe"])
    settings: Settings = Field(default_factory=dict, examples=[{"region": "eu"}])
    secret: dict[str, str] = Field(default_factory=dict, examples=[{"api_key": "SG.…"}])


class ConnectionChange(Body):
    """The fields to set. In settings and secret, null takes a field away, and those left out stay as they are."""

    name: Line | None = Field(None, min_length=1)
    settings: Settings | None = None
    secret: dict[str, str | None] | None = None
    state: Literal["active", "disabled"] | None = Field(None, description="Disabled: its inboxes rest.")


@api.get("/connections", responses={"200": listed(Connection)})
@auth.needs(Role.ADMIN)
def list_connections() -> Response:
    """All connections, each with the webhook addresses to paste at its provider."""
    return jsonify({"items": connections.list_all(auth.tenant_session()), "next_cursor": None})


@api.post("/connections", responses={"201": documented(Connection)})
@auth.needs(Role.ADMIN, repeatable=False)
def create(body: NewConnection) -> tuple[Response, int, dict[str, str]]:
    """Store a connection, its secrets encrypted; ask for a test to see whether it works."""
    caller = auth.caller()
    new = New(body.provider, body.name, body.settings, body.secret)
    made = connections.create(auth.tenant_session(), caller.tenant_id, new, clock.now(), actor=caller.actor)
    return jsonify(made), 201, {"Location": f"{PREFIX}/connections/{made.id}"}


@api.get("/connections/<connection_id>", responses={"200": documented(Connection)})
@auth.needs(Role.ADMIN)
def show(path: ConnectionPath) -> Response:
    """One connection."""
    return jsonify(connections.get(auth.tenant_session(), path.connection_id))


@api.patch("/connections/<connection_id>", responses={"200": documented(Connection)})
@auth.needs(Role.ADMIN, repeatable=False)
def change(path: ConnectionPath, body: ConnectionChange) -> Response:
    """Change a connection, its secrets too, or disable it."""
    wanted = Change(body.name, body.settings, body.secret, body.state)
    actor = auth.caller().actor
    return jsonify(connections.change(auth.tenant_session(), path.connection_id, wanted, clock.now(), actor=actor))


@api.delete("/connections/<connection_id>", responses={"204": None})
@auth.needs(Role.ADMIN)
def delete(path: ConnectionPath) -> tuple[str, int]:
    """Forget a connection that nothing uses, with its secrets."""
    connections.delete(auth.tenant_session(), path.connection_id, actor=auth.caller().actor)
    return "", 204


@api.post("/connections/<connection_id>/test", responses={"200": documented(Result, "ConnectionTest")})
@auth.needs(Role.ADMIN, own_transactions=True)
def test(path: ConnectionPath) -> Response:
    """Ask the provider something that changes nothing, to see whether it takes the credentials."""
    tenant_id = auth.caller().tenant_id
    with db.transaction(tenant_id) as session:
        connection = connections.stored(session, path.connection_id)
    result = connection_test.ask(connection)
    with db.transaction(tenant_id) as session:
        connections.note_test(session, path.connection_id, None if result.works else result.detail)
    return jsonify(result)
