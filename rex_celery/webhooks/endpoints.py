"""Addresses of a tenant's that hear of events: made, changed, given another secret, let go on after a pause."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.errors import NotFoundError
from rex_celery.webhooks import endpoint_fields, endpoint_views, signing
from rex_celery.webhooks.endpoint_views import Endpoint

# Encrypts and decrypts what must not lie about in the open; whoever stands above hands in both.
Seal = Callable[[Mapping[str, str]], bytes]
Unseal = Callable[[bytes | None], dict[str, str]]

# So long the secret before signs too: time to give the new one to every server that checks it.
BOTH_SECRETS = timedelta(hours=24)

_CREATE = text("""
INSERT INTO webhook_endpoints (id, tenant_id, url, description, secret, events, after_seq)
VALUES (:id, :tenant, :url, :description, :secret, CAST(:events AS jsonb),
  coalesce((SELECT seq FROM event_heads WHERE tenant_id = :tenant), 0))
""")
_CHANGE = text("""
UPDATE webhook_endpoints SET url = coalesce(:url, url), description = coalesce(:description, description),
  events = coalesce(CAST(:events AS jsonb), events)
WHERE id = :id
""")
_DELETE = text("DELETE FROM webhook_endpoints WHERE id = :id")
_SECRET = text("SELECT secret FROM webhook_endpoints WHERE id = :id FOR UPDATE")
_SET_SECRET = text("UPDATE webhook_endpoints SET secret = :secret WHERE id = :id")
_ENABLE = text("""
UPDATE webhook_endpoints SET state = 'active', reason = NULL, failing_since = NULL, busy_until = NULL,
  after_seq = CASE WHEN :skip THEN coalesce((SELECT seq FROM event_heads WHERE tenant_id = :tenant), 0)
              ELSE after_seq END
WHERE id = :id AND state = 'disabled'
""")
_DISABLE = text("UPDATE webhook_endpoints SET state = 'disabled', reason = :reason WHERE id = :id AND state = 'active'")
_LET_GO = text("""
UPDATE webhook_deliveries SET state = CASE WHEN :skip THEN 'failed' ELSE 'pending' END, next_at = :now,
  last_error = CASE WHEN :skip THEN 'skipped when the endpoint was enabled again' ELSE last_error END
WHERE endpoint_id = :id AND state = 'held'
""")
_HOLD = text("UPDATE webhook_deliveries SET state = 'held' WHERE endpoint_id = :id AND state = 'pending'")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an endpoint shall be; None leaves a field as it is. No ``events``: all; else types or ``mission.*``."""

    url: str | None = None
    description: str | None = None
    events: tuple[str, ...] | None = None


def create(session: Session, tenant_id: UUID, wanted: Wanted, seal: Seal, *, private: bool) -> tuple[Endpoint, str]:
    """Add an endpoint for events from now on; gives it and its secret, which is not shown again.

    ``private`` allows plain HTTP and addresses of this machine and its network.

    Raises:
        InvalidError: with everything that is wrong.

    """
    endpoint_fields.check(wanted.url or "", wanted.events or (), private=private)
    endpoint_id, secret = uuid4(), signing.new_secret()
    values = {"id": endpoint_id, "tenant": tenant_id, "url": wanted.url, "description": wanted.description or ""}
    sealed = seal({"secret": secret})
    session.execute(_CREATE, {**values, "secret": sealed, "events": json.dumps(wanted.events or ())})
    return endpoint_views.get(session, endpoint_id), secret


def change(session: Session, endpoint_id: UUID, wanted: Wanted, *, private: bool) -> Endpoint:
    """Change some fields; what is on its way goes to the new address.

    Raises:
        NotFoundError: this tenant has no such endpoint.
        InvalidError: with everything that is wrong.

    """
    known = endpoint_views.get(session, endpoint_id)
    events = known.events if wanted.events is None else wanted.events
    endpoint_fields.check(wanted.url or known.url, events, private=private)
    listed = None if wanted.events is None else json.dumps(wanted.events)
    values = {"id": endpoint_id, "url": wanted.url, "description": wanted.description, "events": listed}
    session.execute(_CHANGE, values)
    return endpoint_views.get(session, endpoint_id)


def delete(session: Session, endpoint_id: UUID) -> None:
    """Forget an endpoint and its deliveries.

    Raises:
        NotFoundError: this tenant has no such endpoint.

    """
    endpoint_views.get(session, endpoint_id)
    session.execute(_DELETE, {"id": endpoint_id})


def rotate(session: Session, endpoint_id: UUID, seal: Seal, unseal: Unseal, now: datetime) -> str:
    """Give an endpoint another secret; for a day both sign, so that no server must change at the very moment.

    Raises:
        NotFoundError: this tenant has no such endpoint.

    """
    row = session.execute(_SECRET, {"id": endpoint_id}).one_or_none()
    if row is None:
        raise NotFoundError("There is no such endpoint.", code="unknown_endpoint")
    secret, until = signing.new_secret(), (now + BOTH_SECRETS).isoformat()
    before = unseal(row.secret).get("secret", "")
    sealed = seal({"secret": secret, "before": before, "before_until": until})
    session.execute(_SET_SECRET, {"id": endpoint_id, "secret": sealed})
    return secret


def holding(sealed: bytes, unseal: Unseal, now: datetime) -> tuple[str, ...]:
    """The secrets that sign at this moment."""
    known = unseal(sealed)
    until = known.get("before_until")
    both = until is not None and now < datetime.fromisoformat(until)
    return (known["secret"], known["before"]) if both and known["before"] else (known["secret"],)


def enable(session: Session, tenant_id: UUID, endpoint_id: UUID, now: datetime, *, skip_missed: bool) -> Endpoint:
    """Deliver to an endpoint again; what it missed comes first, unless that is skipped.

    Raises:
        NotFoundError: this tenant has no such endpoint.

    """
    endpoint_views.get(session, endpoint_id)
    values = {"id": endpoint_id, "tenant": tenant_id, "skip": skip_missed, "now": now}
    if session.execute(_ENABLE, values).rowcount:  # type: ignore[attr-defined]
        session.execute(_LET_GO, values)
    return endpoint_views.get(session, endpoint_id)


def disable(session: Session, endpoint_id: UUID, reason: str) -> bool:
    """Deliver nothing more to an endpoint, and hold what is on its way; whether this call did it."""
    done = bool(session.execute(_DISABLE, {"id": endpoint_id, "reason": reason}).rowcount)  # type: ignore[attr-defined]
    if done:
        session.execute(_HOLD, {"id": endpoint_id})
    return done
