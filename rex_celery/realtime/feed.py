"""Reading a tenant's event log: in order, after a sequence number, never more than asked for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from rex_celery import db

_READ = text(
    "SELECT seq, at, type, mission_id, payload FROM events"
    " WHERE tenant_id = :tenant AND seq > :after AND seq <= :upto ORDER BY seq LIMIT :limit"
)
_HEADS = text("SELECT tenant_id, seq FROM event_heads WHERE tenant_id = ANY(:tenants)")
_MISSION = text("SELECT 1 FROM missions WHERE id = :mission")
_NO_END = 2**62


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One row of the event log; ``payload`` is JSON as it was stored."""

    seq: int
    at: datetime
    type: str
    mission_id: UUID | None
    payload: Mapping[str, object]


def read(tenant_id: UUID, after: int, *, upto: int = _NO_END, limit: int = 500) -> list[StoredEvent]:
    """The tenant's events with ``after < seq <= upto``, oldest first, at most ``limit``.

    Raises:
        UnavailableError: Postgres does not answer.

    """
    with db.transaction(tenant_id) as session:
        rows = session.execute(_READ, {"tenant": tenant_id, "after": after, "upto": upto, "limit": limit})
        return [StoredEvent(*row) for row in rows]


def heads(tenants: Collection[UUID]) -> dict[UUID, int]:
    """The last sequence number of each tenant; 0 for one to which nothing has happened yet.

    Raises:
        UnavailableError: Postgres does not answer.

    """
    with db.control() as session:
        rows = session.execute(_HEADS, {"tenants": list(tenants)})
        known = {row.tenant_id: row.seq for row in rows}
    return {tenant: known.get(tenant, 0) for tenant in tenants}


def has_mission(tenant_id: UUID, mission_id: UUID) -> bool:
    """Whether the tenant has this mission."""
    with db.transaction(tenant_id) as session:
        return session.execute(_MISSION, {"mission": mission_id}).first() is not None
