"""Endpoints and deliveries as they may be shown: never a secret."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from rex_celery import paging
from rex_celery.errors import NotFoundError
from rex_celery.paging import Page


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where events go. ``events``: type names or prefixes such as ``mission.*``, none means all.

    ``state`` is active or disabled, ``reason`` why; ``failing_since``: every try failed from then on.
    """

    id: UUID
    url: str
    description: str
    events: tuple[str, ...]
    state: str
    reason: str | None
    failing_since: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """One event on its way to one endpoint; ``state`` is pending, delivered, failed or held (endpoint disabled).

    ``seq`` is the event's number, negative for a test. ``next_at``: when it is tried next, if it is pending.
    """

    id: UUID
    endpoint_id: UUID
    seq: int
    type: str
    payload: Mapping[str, Any]
    state: str
    attempts: int
    next_at: datetime
    last_status: int | None
    last_error: str | None
    created_at: datetime
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries a list is about."""

    endpoint_id: UUID | None = None
    state: str | None = None


_ENDPOINT = ", ".join(field.name for field in fields(Endpoint))
_DELIVERY = ", ".join(field.name for field in fields(WebhookDelivery))
_GET = text(f"SELECT {_ENDPOINT} FROM webhook_endpoints WHERE id = :id")
_LIST = text(f"SELECT {_ENDPOINT} FROM webhook_endpoints ORDER BY created_at, id")
_GET_DELIVERY = text(f"SELECT {_DELIVERY} FROM webhook_deliveries WHERE id = :id")
_DELIVERIES = text(f"""
SELECT {_DELIVERY} FROM webhook_deliveries
WHERE (CAST(:at AS timestamptz) IS NULL OR (created_at, id) < (:at, CAST(:id AS uuid)))
  AND (CAST(:endpoint AS uuid) IS NULL OR endpoint_id = :endpoint)
  AND (CAST(:state AS text) IS NULL OR state = :state)
ORDER BY created_at DESC, id DESC LIMIT :limit
""")


def get(session: Session, endpoint_id: UUID) -> Endpoint:
    """One endpoint.

    Raises:
        NotFoundError: this tenant has no such endpoint.

    """
    row = session.execute(_GET, {"id": endpoint_id}).mappings().one_or_none()
    if row is None:
        raise NotFoundError("There is no such endpoint.", code="unknown_endpoint")
    return _endpoint(row)


def listed(session: Session) -> list[Endpoint]:
    """All endpoints in the order in which they were made."""
    return [_endpoint(row) for row in session.execute(_LIST).mappings()]


def delivery(session: Session, delivery_id: UUID) -> WebhookDelivery:
    """One delivery.

    Raises:
        NotFoundError: this tenant has no such delivery, or it was forgotten after thirty days.

    """
    row = session.execute(_GET_DELIVERY, {"id": delivery_id}).mappings().one_or_none()
    if row is None:
        raise NotFoundError("There is no such delivery.", code="unknown_delivery")
    return WebhookDelivery(**row)


def deliveries(session: Session, wanted: Wanted, *, limit: int, cursor: str | None) -> Page[WebhookDelivery]:
    """Deliveries, newest first.

    Raises:
        InvalidError: the cursor is none.

    """
    at, last = paging.read_cursor(cursor, datetime.fromisoformat, UUID) if cursor else (None, None)
    known = {"endpoint": wanted.endpoint_id, "state": wanted.state, "at": at, "id": last, "limit": limit + 1}
    rows = session.execute(_DELIVERIES, known).mappings().all()
    return paging.cut(rows, limit, lambda row: WebhookDelivery(**row), lambda row: (row["created_at"], row["id"]))


def _endpoint(row: RowMapping) -> Endpoint:
    return Endpoint(**{**row, "events": tuple(row["events"])})
