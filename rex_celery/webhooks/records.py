"""What became of a try: delivered, tried again later, or given up; an endpoint that only fails is switched off."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import bus, db
from rex_celery.errors import ConflictError
from rex_celery.events import WebhookDisabled
from rex_celery.webhooks import endpoint_views, endpoints, retries
from rex_celery.webhooks.endpoint_views import WebhookDelivery

_LONGEST_ERROR = 600
# Only the newest claim may say that it failed: an older one, whose lease ran out, knows less. A yes is a yes.
_RECORD = text("""
UPDATE webhook_deliveries SET next_at = coalesce(:next, next_at), last_status = :status, last_error = :error,
  state = CASE WHEN :state = 'pending' THEN state ELSE CAST(:state AS text) END,
  delivered_at = coalesce(CAST(:delivered AS timestamptz), delivered_at)
WHERE id = :id AND (attempts = :attempts OR :state = 'delivered') AND state IN ('pending', 'held')
RETURNING id
""")
_WELL = text("UPDATE webhook_endpoints SET failing_since = NULL WHERE id = :id AND failing_since IS NOT NULL")
_FAILING = text("""
UPDATE webhook_endpoints SET failing_since = coalesce(failing_since, :now) WHERE id = :id RETURNING failing_since, state
""")
_AGAIN = text("""
UPDATE webhook_deliveries SET state = 'pending', next_at = :now WHERE id = :id AND state <> 'held' RETURNING id
""")
_TEST = text("""
INSERT INTO webhook_deliveries (id, tenant_id, endpoint_id, seq, type, payload, next_at, created_at)
SELECT gen_random_uuid(), :tenant, :endpoint, test.seq, 'webhook.test',
  jsonb_build_object('id', CAST(:tenant AS text) || test.seq, 'seq', test.seq, 'type', 'webhook.test',
                     'mission_id', NULL, 'at', CAST(:at AS text), 'payload', jsonb_build_object()), :now, :now
FROM (SELECT least(coalesce(min(seq), 0), 0) - 1 AS seq FROM webhook_deliveries WHERE endpoint_id = :endpoint) AS test
RETURNING id
""")
_LOCK = text("SELECT FROM webhook_endpoints WHERE id = :id FOR UPDATE")


@dataclass(frozen=True, slots=True)
class Try:
    """How one post went; ``status`` None: there was no answer. ``said`` is why it was not taken."""

    delivery_id: UUID
    attempts: int
    status: int | None
    said: str
    well: bool = False


def record(tenant_id: UUID, endpoint_id: UUID, tried: Try, now: datetime) -> None:
    """Keep how a try went, in a transaction of its own, and switch off an endpoint that has failed for three days."""
    with db.transaction(tenant_id) as session:
        if not _kept(session, tried, now):
            return
        if tried.well:
            session.execute(_WELL, {"id": endpoint_id})
            return
        row = session.execute(_FAILING, {"id": endpoint_id, "now": now}).one_or_none()
        if row and row.state == "active" and now - row.failing_since >= retries.PATIENCE:
            _switch_off(session, tenant_id, endpoint_id, tried)


def redeliver(session: Session, delivery_id: UUID, now: datetime) -> WebhookDelivery:
    """Try a delivery once more, whatever became of it; the receiver knows it by its id.

    Raises:
        NotFoundError: this tenant has no such delivery.
        ConflictError: its endpoint is disabled.

    """
    endpoint_views.delivery(session, delivery_id)
    if session.execute(_AGAIN, {"id": delivery_id, "now": now}).one_or_none() is None:
        raise _disabled()
    return endpoint_views.delivery(session, delivery_id)


def send_test(session: Session, tenant_id: UUID, endpoint_id: UUID, now: datetime) -> WebhookDelivery:
    """Put an event of no meaning on its way to one endpoint.

    Raises:
        NotFoundError: this tenant has no such endpoint.
        ConflictError: it is disabled.

    """
    session.execute(_LOCK, {"id": endpoint_id})
    if endpoint_views.get(session, endpoint_id).state != "active":
        raise _disabled()
    values = {"tenant": tenant_id, "endpoint": endpoint_id, "now": now, "at": f"{now:%Y-%m-%dT%H:%M:%S.%fZ}"}
    return endpoint_views.delivery(session, session.execute(_TEST, values).scalar_one())


def _kept(session: Session, tried: Try, now: datetime) -> bool:
    wait = None if tried.well else retries.wait(tried.attempts, tried.delivery_id)
    state = "delivered" if tried.well else "failed" if wait is None else "pending"
    values = {"id": tried.delivery_id, "attempts": tried.attempts, "state": state, "status": tried.status}
    values |= {"delivered": now if tried.well else None}
    values |= {"error": tried.said[:_LONGEST_ERROR] or None, "next": now + wait if wait else None}
    return session.execute(_RECORD, values).one_or_none() is not None


def _switch_off(session: Session, tenant_id: UUID, endpoint_id: UUID, tried: Try) -> None:
    last = tried.said[:100] or "no answer"
    reason = f"Nothing was taken for {retries.PATIENCE.days} days; the last answer: {last}"
    if endpoints.disable(session, endpoint_id, reason):
        bus.publish(session, tenant_id, WebhookDisabled(None, endpoint_id, reason))


def _disabled() -> ConflictError:
    return ConflictError("This endpoint is disabled.", code="endpoint_disabled", action="Enable it first.")
