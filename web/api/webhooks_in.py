"""Webhooks in: what SendGrid, Twilio and Calendly tell, verified and kept once before they get their answer."""

from http import HTTPStatus
from typing import Any

from flask import Response
from flask_openapi import APIBlueprint, Tag
from pydantic import Field

from rex_celery.webhooks import doors
from web import auth, intake
from web.api.shapes import PREFIX, Path, refusals

api = APIBlueprint(
    "webhooks_in",
    __name__,
    url_prefix=f"{PREFIX}/webhooks",
    abp_tags=[
        Tag(name="webhooks in", description="Addresses for providers; each post proves by signature who sent it.")
    ],
    abp_responses=refusals(400, 401, 404, 413, 422, 503),
)
_KEPT: dict[str | int | HTTPStatus, Any] = {"204": {"description": "Kept; the same again changes nothing."}}
_KEPT_BY_TWILIO: dict[str | int | HTTPStatus, Any] = {
    "200": {"description": "Kept; no answer to the person.", "content": {"text/xml": {"schema": {"type": "string"}}}}
}


class ConnectionPath(Path):
    connection_id: str = Field(description="The connection that the provider's account is known by.")


@api.post("/sendgrid/events/<connection_id>", responses=_KEPT)
@auth.public
def sendgrid_events(path: ConnectionPath) -> Response:
    """SendGrid's event webhook: a batch of events, signed."""
    intake.take_in(path.connection_id, doors.SENDGRID_EVENTS)
    return Response(status=204)


@api.post("/sendgrid/inbound/<connection_id>", responses=_KEPT)
@auth.public
def sendgrid_inbound(path: ConnectionPath) -> Response:
    """SendGrid's Inbound Parse: one mail; the address holds the connection's token."""
    intake.take_in(path.connection_id, doors.SENDGRID_INBOUND)
    return Response(status=204)


@api.post("/twilio/status/<connection_id>", responses=_KEPT_BY_TWILIO)
@auth.public
def twilio_status(path: ConnectionPath) -> Response:
    """Twilio's status callback of one message."""
    intake.take_in(path.connection_id, doors.TWILIO_STATUS)
    return _twiml()


@api.post("/twilio/inbound/<connection_id>", responses=_KEPT_BY_TWILIO)
@auth.public
def twilio_inbound(path: ConnectionPath) -> Response:
    """A text message to one of the connection's numbers."""
    intake.take_in(path.connection_id, doors.TWILIO_INBOUND)
    return _twiml()


@api.post("/calendly/<connection_id>", responses=_KEPT)
@auth.public
def calendly(path: ConnectionPath) -> Response:
    """Calendly's webhook: an invitee was created or cancelled."""
    intake.take_in(path.connection_id, doors.CALENDLY)
    return Response(status=204)


def _twiml() -> Response:
    """Twilio reads an answer as instructions; these hold none."""
    return Response("<Response/>", mimetype="text/xml")
