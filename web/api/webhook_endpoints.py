"""Webhooks out: the addresses that hear of events, and how each delivery went."""

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from flask import Response, jsonify
from pydantic import Field, StringConstraints

from rex_celery import clock, config
from rex_celery.tenancy import audit, credentials
from rex_celery.tenancy.access import Role
from rex_celery.webhooks import endpoint_views, endpoints, records
from rex_celery.webhooks.endpoint_views import Endpoint, WebhookDelivery
from rex_celery.webhooks.endpoints import Wanted
from web import auth
from web.api.shapes import PREFIX, Body, Cursor, Line, Path, documented, listed, resource

api = resource("webhooks", "Addresses of yours that hear of events: signed, retried, each delivery kept for 30 days.")

_HERE = "/webhooks/endpoints"
Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
EventName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
_EVENTS = "Types such as mission.moved, or prefixes such as mission.*; empty: everything."


class EndpointCreate(Body):
    """Where events go from now on."""

    url: Url = Field(examples=["https://hooks.example.com/rex"])
    description: Line = ""
    events: list[EventName] = Field([], max_length=50, description=_EVENTS, examples=[["mission.*", "reply.received"]])


class EndpointChange(Body):
    """The fields to set; those left out stay as they are."""

    url: Url | None = None
    description: Line | None = None
    events: list[EventName] | None = Field(None, max_length=50, description=_EVENTS)


class Enabling(Body):
    """Whether what happened while the endpoint was disabled is left out."""

    skip_missed: bool = False


class EndpointPath(Path):
    endpoint_id: UUID


class DeliveryPath(Path):
    delivery_id: UUID


class DeliveryQuery(Cursor):
    endpoint_id: UUID | None = None
    state: Literal["pending", "delivered", "failed", "held"] | None = None


@dataclass(frozen=True, slots=True)
class Endpoints:
    """All endpoints in the order in which they were made."""

    items: list[Endpoint]


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """A new endpoint and the secret that signs what it gets; the secret is not shown again."""

    endpoint: Endpoint
    secret: str


@dataclass(frozen=True, slots=True)
class NewSecret:
    """Another secret, not shown again; for a day the one before signs too."""

    secret: str


@api.get(_HERE, responses={"200": documented(Endpoints)})
@auth.needs(Role.VIEWER)
def list_endpoints() -> Response:
    """All endpoints."""
    return jsonify(Endpoints(endpoint_views.listed(auth.tenant_session())))


@api.post(_HERE, responses={"201": documented(NewEndpoint)})
@auth.needs(Role.ADMIN, repeatable=False)
def create(body: EndpointCreate) -> tuple[Response, int, dict[str, str]]:
    """Add an endpoint; the answer holds its secret."""
    session, caller = auth.tenant_session(), auth.caller()
    wanted = Wanted(body.url, body.description, tuple(body.events))
    made, secret = endpoints.create(session, caller.tenant_id, wanted, credentials.encrypt, private=_private())
    audit.record(session, caller.actor, "webhook_endpoint.created", str(made.id), {"url": made.url})
    return jsonify(NewEndpoint(made, secret)), 201, {"Location": f"{PREFIX}{_HERE}/{made.id}"}


@api.get(f"{_HERE}/<endpoint_id>", responses={"200": documented(Endpoint)})
@auth.needs(Role.VIEWER)
def show(path: EndpointPath) -> Response:
    """One endpoint."""
    return jsonify(endpoint_views.get(auth.tenant_session(), path.endpoint_id))


@api.patch(f"{_HERE}/<endpoint_id>", responses={"200": documented(Endpoint)})
@auth.needs(Role.ADMIN)
def change(path: EndpointPath, body: EndpointChange) -> Response:
    """Set some fields; what is on its way goes to the new address."""
    session, caller = auth.tenant_session(), auth.caller()
    wanted = Wanted(body.url, body.description, None if body.events is None else tuple(body.events))
    changed = endpoints.change(session, path.endpoint_id, wanted, private=_private())
    audit.record(session, caller.actor, "webhook_endpoint.changed", str(changed.id), {"url": changed.url})
    return jsonify(changed)


@api.delete(f"{_HERE}/<endpoint_id>", responses={"204": None})
@auth.needs(Role.ADMIN)
def delete(path: EndpointPath) -> tuple[str, int]:
    """Forget an endpoint and its deliveries."""
    session = auth.tenant_session()
    endpoints.delete(session, path.endpoint_id)
    audit.record(session, auth.caller().actor, "webhook_endpoint.deleted", str(path.endpoint_id))
    return "", 204


@api.post(f"{_HERE}/<endpoint_id>/rotate", responses={"200": documented(NewSecret)})
@auth.needs(Role.ADMIN, repeatable=False)
def rotate(path: EndpointPath) -> Response:
    """Give an endpoint another secret."""
    session, now = auth.tenant_session(), clock.now()
    secret = endpoints.rotate(session, path.endpoint_id, credentials.encrypt, credentials.decrypt, now)
    audit.record(session, auth.caller().actor, "webhook_endpoint.secret_rotated", str(path.endpoint_id))
    return jsonify(NewSecret(secret))


@api.post(f"{_HERE}/<endpoint_id>/enable", responses={"200": documented(Endpoint)})
@auth.needs(Role.ADMIN)
def enable(path: EndpointPath, body: Enabling) -> Response:
    """Deliver to an endpoint again, first what it missed, unless that is skipped."""
    session, caller = auth.tenant_session(), auth.caller()
    skip = body.skip_missed
    enabled = endpoints.enable(session, caller.tenant_id, path.endpoint_id, clock.now(), skip_missed=skip)
    audit.record(session, caller.actor, "webhook_endpoint.enabled", str(enabled.id), {"skip_missed": skip})
    return jsonify(enabled)


@api.post(f"{_HERE}/<endpoint_id>/test", responses={"202": documented(WebhookDelivery)})
@auth.needs(Role.OPERATOR)
def test(path: EndpointPath) -> tuple[Response, int]:
    """Send an event of no meaning; the delivery tells how it went a few seconds later."""
    caller = auth.caller()
    sent = records.send_test(auth.tenant_session(), caller.tenant_id, path.endpoint_id, clock.now())
    return jsonify(sent), 202


@api.get("/webhooks/deliveries", responses={"200": listed(WebhookDelivery)})
@auth.needs(Role.VIEWER)
def list_deliveries(query: DeliveryQuery) -> Response:
    """Deliveries, newest first."""
    wanted = endpoint_views.Wanted(query.endpoint_id, query.state)
    return jsonify(endpoint_views.deliveries(auth.tenant_session(), wanted, limit=query.limit, cursor=query.cursor))


@api.get("/webhooks/deliveries/<delivery_id>", responses={"200": documented(WebhookDelivery)})
@auth.needs(Role.VIEWER)
def show_delivery(path: DeliveryPath) -> Response:
    """One delivery."""
    return jsonify(endpoint_views.delivery(auth.tenant_session(), path.delivery_id))


@api.post("/webhooks/deliveries/<delivery_id>/redeliver", responses={"202": documented(WebhookDelivery)})
@auth.needs(Role.OPERATOR)
def redeliver(path: DeliveryPath) -> tuple[Response, int]:
    """Try a delivery once more, whatever became of it; the receiver knows it by its Rex-Delivery-Id."""
    session, caller = auth.tenant_session(), auth.caller()
    again = records.redeliver(session, path.delivery_id, clock.now())
    audit.record(session, caller.actor, "webhook_delivery.repeated", str(again.id))
    return jsonify(again), 202


def _private() -> bool:
    return config.settings().webhooks_private
