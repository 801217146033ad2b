"""A tenant's accounts at providers: stored with their secrets encrypted, shown without them."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rex_celery.errors import ConflictError, NotFoundError, RefusedError
from rex_celery.outreach import addresses, provider_fields
from rex_celery.tenancy import audit, credentials

ACTIVE, DISABLED = "active", "disabled"
# Why an inbox rests whose connection was disabled; it goes on when the connection does.
HELD = "connection_disabled"
# Made by REX: what stands in the address of SendGrid's Inbound Parse, because that need not sign.
INBOUND_TOKEN = "inbound_token"  # noqa: S105  its name

_COLUMNS = "id, provider, name, settings, secret, state, error, created_at, updated_at"
_ALL = text(f"SELECT {_COLUMNS} FROM connections ORDER BY name, id LIMIT 200")
_ONE = text(f"SELECT {_COLUMNS} FROM connections WHERE id = :id")
_LOCK = text(f"SELECT {_COLUMNS} FROM connections WHERE id = :id FOR UPDATE")
_CREATE = text("""
INSERT INTO connections (id, tenant_id, provider, name, settings, secret, created_at, updated_at)
VALUES (:id, :tenant, :provider, :name, CAST(:settings AS jsonb), :secret, :now, :now)
ON CONFLICT (tenant_id, name) DO NOTHING RETURNING id
""")
# The moment of the last change is what tells senders that were made before that they are out of date.
_CHANGE = text("""
UPDATE connections SET name = :name, settings = CAST(:settings AS jsonb), secret = :secret, state = :state,
  error = CASE WHEN :state = 'active' THEN NULL ELSE error END,
  updated_at = greatest(:now, updated_at + interval '1 microsecond')
WHERE id = :id
""")
_TAKEN = text("SELECT EXISTS (SELECT FROM connections WHERE name = :name AND id <> :id)")
_HOLD = text("""
UPDATE inboxes SET state = 'paused', reason = :reason WHERE connection_id = :id AND state = 'active'
""")
_RELEASE = text("""
UPDATE inboxes SET state = 'active', reason = NULL WHERE connection_id = :id AND state = 'paused' AND reason = :reason
""")
_DELETE = text("DELETE FROM connections WHERE id = :id")
_LAST_TEST = text("UPDATE connections SET error = :error WHERE id = :id")


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection as it may be shown. ``secrets`` are the names of those that are set.

    ``webhooks`` are the addresses to paste at the provider, by what for. ``error`` is what the last test found.
    """

    id: UUID
    provider: str
    name: str
    settings: dict[str, Any]
    secrets: list[str]
    webhooks: dict[str, str]
    state: str
    error: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What to change; None leaves it. A setting or secret that is None is taken away, one left out stays."""

    name: str | None = None
    settings: Mapping[str, object] | None = None
    secret: Mapping[str, str | None] | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class New:
    """A connection to be made."""

    provider: str
    name: str
    settings: Mapping[str, object]
    secret: Mapping[str, str]


def list_all(session: Session) -> list[Connection]:
    """The tenant's connections by name."""
    return [_shown(row) for row in session.execute(_ALL)]


def get(session: Session, connection_id: UUID) -> Connection:
    """One connection.

    Raises:
        NotFoundError: the tenant has no such connection.

    """
    return _shown(stored(session, connection_id))


def stored(session: Session, connection_id: UUID) -> Row[Any]:
    """One connection as ``delivery`` needs it, with its secret encrypted.

    Raises:
        NotFoundError: the tenant has no such connection.

    """
    return _found(session.execute(_ONE, {"id": connection_id}).one_or_none(), connection_id)


def create(session: Session, tenant_id: UUID, new: New, now: datetime, *, actor: str) -> Connection:
    """Store a connection; whether it works is for a test to say.

    Raises:
        InvalidError: its settings or secrets are not what the provider needs.
        ConflictError: another one has this name.

    """
    provider_fields.examine(new.provider, new.settings, new.secret)
    secret = dict(new.secret) | ({INBOUND_TOKEN: secrets.token_urlsafe(24)} if new.provider == "sendgrid" else {})
    connection_id = uuid4()
    values = {
        "id": connection_id,
        "tenant": tenant_id,
        "provider": new.provider,
        "name": new.name,
        "settings": json.dumps(dict(new.settings)),
        "secret": credentials.encrypt(secret),
        "now": now,
    }
    if session.execute(_CREATE, values).scalar() is None:
        raise _name_taken(new.name)
    audit.record(session, actor, "connection.created", str(connection_id), {"provider": new.provider, "name": new.name})
    return get(session, connection_id)


def change(session: Session, connection_id: UUID, wanted: Change, now: datetime, *, actor: str) -> Connection:
    """Change a connection. Disabling it holds its inboxes, and enabling it lets those go on.

    Raises:
        NotFoundError: the tenant has no such connection.
        InvalidError: what it would become is not what the provider needs.
        ConflictError: another one has this name.

    """
    row = _found(session.execute(_LOCK, {"id": connection_id}).one_or_none(), connection_id)
    settings, secret = _merged(row.settings, wanted.settings), _merged_secret(row, wanted.secret)
    if wanted.settings is not None or wanted.secret is not None:
        given = {name: value for name, value in secret.items() if name != INBOUND_TOKEN}
        provider_fields.examine(row.provider, settings, given)
    name, state = wanted.name or row.name, wanted.state or row.state
    if session.execute(_TAKEN, {"name": name, "id": connection_id}).scalar():
        raise _name_taken(name)
    # An unchanged secret stays as it is: the key that encrypted it may be gone.
    kept = row.secret if wanted.secret is None else credentials.encrypt(secret)
    values = {"id": connection_id, "name": name, "settings": json.dumps(settings), "secret": kept, "now": now}
    session.execute(_CHANGE, values | {"state": state})
    session.execute(_HOLD if state == DISABLED else _RELEASE, {"id": connection_id, "reason": HELD})
    fields = [field for field in ("name", "settings", "secret", "state") if getattr(wanted, field) is not None]
    audit.record(session, actor, "connection.changed", str(connection_id), {"fields": fields, "state": state})
    return get(session, connection_id)


def delete(session: Session, connection_id: UUID, *, actor: str) -> None:
    """Forget a connection with its secrets.

    Raises:
        NotFoundError: the tenant has no such connection.
        ConflictError: an inbox or a booking page uses it.

    """
    row = stored(session, connection_id)
    try:
        with session.begin_nested():
            session.execute(_DELETE, {"id": connection_id})
    except IntegrityError as error:
        raise ConflictError(
            f"The connection {row.name} is in use, and what went through it must stay attributable.",
            code="connection_in_use",
            action="Disable it instead: PATCH with state disabled.",
        ) from error
    audit.record(session, actor, "connection.deleted", str(connection_id), {"name": row.name})


def note_test(session: Session, connection_id: UUID, error: str | None) -> None:
    """Keep what the last test of a connection found; None that it works."""
    session.execute(_LAST_TEST, {"id": connection_id, "error": error})


def _merged(known: Mapping[str, Any], changes: Mapping[str, object] | None) -> dict[str, Any]:
    merged = dict(known) | dict(changes or {})
    return {name: value for name, value in merged.items() if value is not None}


def _merged_secret(row: Row[Any], changes: Mapping[str, str | None] | None) -> dict[str, Any]:
    try:
        known = credentials.decrypt(row.secret)
    except RefusedError:
        known = {}  # its key is gone: what is needed has to be entered again
    if row.provider == "sendgrid":
        known.setdefault(INBOUND_TOKEN, secrets.token_urlsafe(24))
    return _merged(known, changes)


def _shown(row: Row[Any]) -> Connection:
    error = row.error
    try:
        secret = credentials.decrypt(row.secret)
    except RefusedError as refusal:
        secret, error = {}, f"{refusal.detail} {refusal.action}"
    return Connection(
        row.id,
        row.provider,
        row.name,
        row.settings,
        sorted(name for name in secret if name != INBOUND_TOKEN),
        addresses.of(row.provider, row.id, secret.get(INBOUND_TOKEN, "")),
        row.state,
        error,
        row.created_at,
        row.updated_at,
    )


def _found(row: Row[Any] | None, connection_id: UUID) -> Row[Any]:
    if row is None:
        raise NotFoundError(f"There is no connection {connection_id}.", code="connection_not_found")
    return row


def _name_taken(name: str) -> ConflictError:
    return ConflictError(f"There is a connection {name!r} already.", code="name_taken", action="Choose another name.")
