"""A tenant's settings: the sender and the offer that a mission uses unless it names its own."""

from flask import Response, jsonify
from pydantic import Field

from rex_celery.tenancy import settings
from rex_celery.tenancy.access import Role
from rex_celery.tenancy.settings import SenderSettings
from web import auth
from web.api.shapes import EMAIL, Body, Line, Words, documented, resource

api = resource("settings", "The sender and the offer that a mission uses unless it names its own.")


class SettingsChange(Body):
    """The fields to set; those left out stay as they are."""

    sender_name: Line | None = Field(None, examples=["Ada Sender"])
    sender_email: Line | None = Field(None, pattern=EMAIL, examples=["ada@acme.example.com"])
    postal_address: Words | None = Field(None, examples=["1 Main Street, Springfield, IL 62701, USA"])
    offer: Words | None = Field(None, examples=["a 20-minute audit of your energy bill"])


@api.get("/settings", responses={"200": documented(SenderSettings, "Settings")})
@auth.needs(Role.VIEWER)
def show() -> Response:
    """The present settings."""
    return jsonify(auth.caller().tenant.settings)


@api.patch("/settings", responses={"200": documented(SenderSettings, "Settings")})
@auth.needs(Role.ADMIN)
def change(body: SettingsChange) -> Response:
    """Set some fields; a mission that was submitted before keeps what it had."""
    caller, changes = auth.caller(), body.model_dump(exclude_none=True)
    return jsonify(settings.change(auth.tenant_session(), caller.tenant_id, changes, actor=caller.actor))
