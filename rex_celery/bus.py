"""Publishing events: written with the change that caused them, numbered per tenant, announced after the commit."""

import json
from functools import partial
from uuid import UUID

import redis.exceptions
import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import db
from rex_celery.events import Event
from rex_celery.redis import EVENT_CHANNEL, client

log = structlog.get_logger()

# Whoever numbers events holds the tenant's head until the commit, so numbering and storing are one statement.
_STORE = text("""
WITH head AS (
  INSERT INTO event_heads AS h (tenant_id, seq) VALUES (:tenant, :count)
  ON CONFLICT (tenant_id) DO UPDATE SET seq = h.seq + :count RETURNING seq
), stored AS (
  INSERT INTO events (tenant_id, seq, type, mission_id, payload)
  SELECT :tenant, head.seq - :count + n, t, m, p
  FROM head, unnest(CAST(:types AS text[]), CAST(:missions AS uuid[]), CAST(:payloads AS jsonb[]))
    WITH ORDINALITY AS e(t, m, p, n)
)
SELECT seq FROM head
""")


def publish(session: Session, tenant_id: UUID, *events: Event) -> None:
    """Hold events for the end of this transaction; they are stored with it or not at all."""
    held: dict[UUID, list[Event]] = session.info.setdefault("events", {})
    if not held:
        db.before_commit(session, _store)
    held.setdefault(tenant_id, []).extend(events)


def _store(session: Session) -> None:
    held: dict[UUID, list[Event]] = session.info.pop("events")
    # In one order everywhere: two transactions that number the same tenants can then never wait for each other.
    for tenant_id in sorted(held):
        events = held[tenant_id]
        values = {
            "tenant": tenant_id,
            "count": len(events),
            "types": [event.type for event in events],
            "missions": [event.mission_id for event in events],
            "payloads": [json.dumps(event.payload()) for event in events],
        }
        last = session.execute(_STORE, values).scalar_one()
        db.after_commit(session, partial(_announce, tenant_id, last))


def _announce(tenant_id: UUID, seq: int) -> None:
    """Wake the socket server; who missed it reads the table, so a silent Redis loses nothing."""
    try:
        client().publish(EVENT_CHANNEL, f"{tenant_id} {seq}")
    except redis.exceptions.RedisError as error:
        log.warning("announce_failed", error=type(error).__name__)
