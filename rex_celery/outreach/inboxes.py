"""A tenant's inboxes: who messages come from on each channel, with what caps, and whether they send now."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import bus, config, paging
from rex_celery.errors import ConflictError, NotFoundError
from rex_celery.events import SenderHeld, SenderReleased
from rex_celery.outreach import inbox_fields, recipients
from rex_celery.outreach.provider_fields import PROVIDERS
from rex_celery.paging import Page
from rex_celery.tenancy import audit
from rex_celery.vocabulary import Channel

PAUSED = "sender_paused"

_COLUMNS = """id, channel, provider, connection_id, address, name, domain, aliases, state, reason, per_day, per_hour,
  gap_seconds, jitter_seconds, next_free_at, created_at"""
_PAGE = text(f"""
SELECT {_COLUMNS} FROM inboxes
WHERE (CAST(:after AS timestamptz) IS NULL OR (created_at, id) > (:after, CAST(:id AS uuid)))
ORDER BY created_at, id LIMIT :limit
""")
_ONE = text(f"SELECT {_COLUMNS} FROM inboxes WHERE id = :id")
_CONNECTION = text("SELECT provider FROM connections WHERE id = :id FOR SHARE")
_CREATE = text("""
INSERT INTO inboxes (id, tenant_id, channel, provider, connection_id, address, name, domain, aliases, per_day, per_hour,
  gap_seconds, jitter_seconds, created_at)
VALUES (:id, :tenant, :channel, :provider, :connection_id, :address, :name, :domain, CAST(:aliases AS jsonb), :per_day,
  :per_hour, :gap_seconds, :jitter_seconds, :now)
ON CONFLICT (tenant_id, channel, provider, address) DO NOTHING RETURNING id
""")
_LOCK = text("SELECT FROM inboxes WHERE id = :id FOR NO KEY UPDATE")
_CHANGE = text("""
UPDATE inboxes SET name = :name, aliases = CAST(:aliases AS jsonb), per_day = :per_day, per_hour = :per_hour,
  gap_seconds = :gap_seconds, jitter_seconds = :jitter_seconds, next_free_at = NULL
WHERE id = :id
""")
_PAUSE = text("""
UPDATE inboxes SET state = 'paused', reason = :reason WHERE id = :id AND (state <> 'paused' OR reason <> :reason)
""")
_RESUME = text("UPDATE inboxes SET state = 'active', reason = NULL WHERE id = :id AND state <> 'active'")
CHANGEABLE = ("name", "aliases", "per_day", "per_hour", "gap_seconds", "jitter_seconds")


@dataclass(frozen=True, slots=True)
class Inbox:
    """One sender. Caps and gaps of None are the policy's; ``next_free_at`` None means that it may send now."""

    id: UUID
    channel: str
    provider: str
    connection_id: UUID | None
    address: str
    name: str
    domain: str
    aliases: list[str]
    state: str
    reason: str | None
    per_day: int | None
    per_hour: int | None
    gap_seconds: int | None
    jitter_seconds: int | None
    next_free_at: datetime | None
    created_at: datetime


def page(session: Session, *, limit: int = 50, cursor: str | None = None) -> Page[Inbox]:
    """The tenant's inboxes, oldest first.

    Raises:
        InvalidError: the cursor is not one of this list's.

    """
    after, last = paging.read_cursor(cursor, datetime.fromisoformat, UUID) if cursor else (None, None)
    rows = session.execute(_PAGE, {"after": after, "id": last, "limit": limit + 1}).all()
    return paging.cut(rows, limit, _inbox, lambda row: (row.created_at, row.id))


def get(session: Session, inbox_id: UUID) -> Inbox:
    """One inbox.

    Raises:
        NotFoundError: the tenant has no such inbox.

    """
    row = session.execute(_ONE, {"id": inbox_id}).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no inbox {inbox_id}.", code="inbox_not_found")
    return _inbox(row)


def create(session: Session, tenant_id: UUID, fields: Mapping[str, Any], now: datetime, *, actor: str) -> Inbox:
    """Store an inbox; ``fields`` are ``connection_id`` or ``channel``, ``address`` and what can be changed later.

    Raises:
        NotFoundError: the tenant has no such connection.
        InvalidError: its address is none of its channel, or its connection sends nothing.
        ConflictError: there is one with this address.

    """
    channel, provider = _way(session, fields.get("connection_id"), fields.get("channel"))
    address = inbox_fields.address(channel, provider, fields["address"])
    domain = recipients.registrable(address.rpartition("@")[2]) if channel == Channel.EMAIL else ""
    values = dict.fromkeys(CHANGEABLE) | dict(fields) | {"channel": channel, "provider": provider, "address": address}
    values |= {"connection_id": fields.get("connection_id"), "name": fields.get("name") or "", "domain": domain}
    inbox_id = uuid4()
    values |= {"id": inbox_id, "tenant": tenant_id, "now": now, "aliases": json.dumps(fields.get("aliases") or [])}
    if session.execute(_CREATE, values).scalar() is None:
        raise ConflictError(f"There is an inbox {address} of {provider} already.", code="inbox_exists")
    audit.record(session, actor, "inbox.created", str(inbox_id), {"channel": channel, "provider": provider})
    return get(session, inbox_id)


def change(session: Session, inbox_id: UUID, changes: Mapping[str, Any], *, actor: str) -> Inbox:
    """Change what can be changed; what it waits for by the old caps and gaps is forgotten.

    Raises:
        NotFoundError: the tenant has no such inbox.

    """
    session.execute(_LOCK, {"id": inbox_id})
    known = get(session, inbox_id)
    values = {name: changes[name] if name in changes else getattr(known, name) for name in CHANGEABLE}
    session.execute(_CHANGE, values | {"id": inbox_id, "aliases": json.dumps(values["aliases"])})
    audit.record(session, actor, "inbox.changed", str(inbox_id), {"fields": sorted(changes)})
    return get(session, inbox_id)


def pause(session: Session, tenant_id: UUID, inbox_id: UUID, *, actor: str) -> Inbox:
    """Let it send nothing new; its messages wait.

    Raises:
        NotFoundError: the tenant has no such inbox.

    """
    get(session, inbox_id)
    if session.execute(_PAUSE, {"id": inbox_id, "reason": PAUSED}).rowcount:  # type: ignore[attr-defined]  # a cursor's result has it
        bus.publish(session, tenant_id, SenderHeld(None, inbox_id, PAUSED))
        audit.record(session, actor, "inbox.paused", str(inbox_id))
    return get(session, inbox_id)


def resume(session: Session, tenant_id: UUID, inbox_id: UUID, *, actor: str) -> Inbox:
    """Let it send again, whoever paused or suspended it.

    Raises:
        NotFoundError: the tenant has no such inbox.

    """
    get(session, inbox_id)
    if session.execute(_RESUME, {"id": inbox_id}).rowcount:  # type: ignore[attr-defined]  # a cursor's result has it
        bus.publish(session, tenant_id, SenderReleased(None, inbox_id))
        audit.record(session, actor, "inbox.resumed", str(inbox_id))
    return get(session, inbox_id)


def _way(session: Session, connection_id: UUID | None, channel: str | None) -> tuple[str, str]:
    """The channel and the provider of a new inbox: its connection's, or what comes with REX."""
    if connection_id is None:
        email = config.settings().delivery
        return inbox_fields.built_in(channel, email)
    provider = session.execute(_CONNECTION, {"id": connection_id}).scalar()
    if provider is None:
        raise NotFoundError(f"There is no connection {connection_id}.", code="connection_not_found")
    inbox_fields.sends(provider, channel)
    return PROVIDERS[provider].channel, provider


def _inbox(row: Row[Any]) -> Inbox:
    return Inbox(**row._mapping)  # noqa: SLF001  SQLAlchemy's own name for a row as a mapping
