"""Delivering webhooks: one worker at a time for each endpoint, claimed, posted outside any transaction, recorded."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, text

from rex_celery import clock, config, db
from rex_celery.errors import ProviderRejectedError, ProviderUnavailableError, RefusedError
from rex_celery.integrations import webhook_out
from rex_celery.webhooks import endpoints, records, signing
from rex_celery.webhooks.endpoints import Unseal
from rex_celery.webhooks.records import Try

log = structlog.get_logger()

# A worker gives an endpoint so many seconds, then others have their turn; what is left begins the next one.
TURN_SECONDS = 20
# A worker that died holds what it had claimed for so long: more than a turn and the slowest answer together.
LEASE = timedelta(seconds=60)
# An endpoint that does not answer is left alone for so long, however much waits for it.
PAUSE = timedelta(seconds=30)

_DUE = text("""
SELECT d.tenant_id, d.endpoint_id FROM webhook_deliveries AS d
JOIN webhook_endpoints AS e ON e.id = d.endpoint_id
WHERE d.state = 'pending' AND d.next_at <= :now AND e.state = 'active'
  AND (e.busy_until IS NULL OR e.busy_until <= :now)
GROUP BY d.tenant_id, d.endpoint_id ORDER BY min(d.next_at) LIMIT 200
""")
_TAKE = text("""
UPDATE webhook_endpoints SET busy_until = :lease
WHERE id = :endpoint AND state = 'active' AND (busy_until IS NULL OR busy_until <= :now)
RETURNING id, url, secret
""")
_RELEASE = text("UPDATE webhook_endpoints SET busy_until = :until WHERE id = :endpoint AND busy_until = :lease")
_CLAIM = text("""
WITH due AS MATERIALIZED (
  SELECT id FROM webhook_deliveries WHERE endpoint_id = :endpoint AND state = 'pending' AND next_at <= :now
  ORDER BY seq LIMIT 1 FOR UPDATE SKIP LOCKED)
UPDATE webhook_deliveries AS d SET attempts = attempts + 1, next_at = :lease FROM due WHERE d.id = due.id
RETURNING d.id, d.attempts, d.payload
""")


@dataclass(frozen=True, slots=True)
class Turn:
    """One worker's time with one endpoint."""

    tenant_id: UUID
    endpoint_id: UUID
    url: str
    sealed: bytes
    lease: datetime


def due(now: datetime) -> list[tuple[UUID, UUID]]:
    """Tenant and endpoint wherever something waits and nobody is at it."""
    with db.control() as session:
        return [(row.tenant_id, row.endpoint_id) for row in session.execute(_DUE, {"now": now})]


def deliver(tenant_id: UUID, endpoint_id: UUID, unseal: Unseal) -> int:
    """Post what is due to one endpoint, for some seconds at most; gives how many were delivered."""
    turn = _take(tenant_id, endpoint_id, clock.now())
    if turn is None:
        return 0
    delivered, answers, ends = 0, True, monotonic() + TURN_SECONDS
    while answers and monotonic() < ends:
        claimed = _claim(turn, clock.now())
        if claimed is None:
            break
        tried = _post(turn, claimed, unseal)
        records.record(tenant_id, endpoint_id, tried, clock.now())
        delivered += tried.well
        answers = tried.status is not None
    _release(turn, None if answers else clock.now() + PAUSE)
    return delivered


def _take(tenant_id: UUID, endpoint_id: UUID, now: datetime) -> Turn | None:
    lease = now + LEASE
    with db.transaction(tenant_id) as session:
        row = session.execute(_TAKE, {"endpoint": endpoint_id, "now": now, "lease": lease}).one_or_none()
    return Turn(tenant_id, endpoint_id, row.url, bytes(row.secret), lease) if row else None


def _release(turn: Turn, until: datetime | None) -> None:
    with db.transaction(turn.tenant_id) as session:
        session.execute(_RELEASE, {"endpoint": turn.endpoint_id, "lease": turn.lease, "until": until})


def _claim(turn: Turn, now: datetime) -> Row[Any] | None:
    values = {"endpoint": turn.endpoint_id, "now": now, "lease": now + LEASE}
    with db.transaction(turn.tenant_id) as session:
        return session.execute(_CLAIM, values).one_or_none()


def _post(turn: Turn, claimed: Row[Any], unseal: Unseal) -> Try:
    """One try, whatever comes of it."""
    body, now = signing.body(claimed.payload), clock.now()
    try:
        known = endpoints.holding(turn.sealed, unseal, now)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "REX",
            signing.HEADER: signing.signature(known, body, now),
            signing.EVENT_ID: str(claimed.payload["id"]),
            signing.DELIVERY_ID: str(claimed.id),
        }
        private = config.settings().webhooks_private
        answer = webhook_out.post(turn.url, body, headers, private=private)
    except (ProviderUnavailableError, ProviderRejectedError, RefusedError) as error:
        log.info("webhook_not_delivered", delivery_id=str(claimed.id), error=type(error).__name__)
        return Try(claimed.id, claimed.attempts, None, error.detail)
    said = "" if answer.well else f"{answer.status}: {answer.excerpt}".replace("\0", " ")
    return Try(claimed.id, claimed.attempts, answer.status, said, well=answer.well)
