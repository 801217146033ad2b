"""Builders of endpoints and events, and secrets that are only wrapped."""

import json
from collections.abc import Mapping
from uuid import UUID

from rex_celery import bus, db
from rex_celery.events import MissionPaused, SendingStopped
from rex_celery.webhooks import endpoints
from rex_celery.webhooks.endpoint_views import Endpoint
from rex_celery.webhooks.endpoints import Wanted


def seal(values: Mapping[str, str]) -> bytes:
    return json.dumps(dict(values)).encode()


def unseal(sealed: bytes | None) -> dict[str, str]:
    known: dict[str, str] = json.loads(sealed or b"{}")
    return known


def an_endpoint(tenant_id: UUID, url: str = "https://hooks.example.com/rex", *events: str) -> tuple[Endpoint, str]:
    """An endpoint for events from now on, and its secret."""
    with db.transaction(tenant_id) as session:
        return endpoints.create(session, tenant_id, Wanted(url, "", events), seal, private=True)


def happen(tenant_id: UUID, stopped: int = 1, paused: int = 0) -> None:
    """Publish events: ``system.sending_stopped`` and ``mission.paused``."""
    with db.transaction(tenant_id) as session:
        bus.publish(session, tenant_id, *[SendingStopped(None)] * stopped, *[MissionPaused(None)] * paused)
