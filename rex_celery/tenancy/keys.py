"""API keys: made once, shown once, kept as a SHA-256, revoked for good."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.errors import NotFoundError
from rex_celery.tenancy import access, audit
from rex_celery.tenancy.access import Role


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made; ``plaintext`` is shown this once and stored nowhere."""

    id: UUID
    plaintext: str


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key as it may be shown."""

    id: UUID
    name: str
    prefix: str
    role: Role
    created_by: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


_CREATE = text(
    "INSERT INTO api_keys (id, tenant_id, name, prefix, key_hash, role, created_by, expires_at)"
    " VALUES (:id, current_setting('rex.tenant')::uuid, :name, :prefix, :hash, :role, :actor, :expires_at)"
)
_LIST = text(
    "SELECT id, name, prefix, role, created_by, created_at, last_used_at, expires_at, revoked_at"
    " FROM api_keys ORDER BY created_at, id"
)
_REVOKE = text("UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = :id RETURNING prefix")


def create(session: Session, *, name: str, role: Role, actor: str, expires_at: datetime | None = None) -> NewKey:
    """Make a key ``rex_<prefix>_<secret>``; needs a tenant's session. Only its SHA-256 is kept."""
    prefix = secrets.token_hex(4)
    key = NewKey(uuid4(), f"rex_{prefix}_{secrets.token_urlsafe(32)}")
    known = {"id": key.id, "name": name, "prefix": prefix, "role": role, "actor": actor}
    session.execute(_CREATE, known | {"hash": access.key_hash(key.plaintext), "expires_at": expires_at})
    audit.record(session, actor, "key.created", str(key.id), {"name": name, "prefix": prefix, "role": role})
    return key


def list_all(session: Session) -> list[KeyView]:
    """All keys of the session's tenant, oldest first."""
    rows = session.execute(_LIST).mappings()
    return [KeyView(**(dict(row) | {"role": Role(row["role"])})) for row in rows]


def revoke(session: Session, key_id: UUID, *, actor: str) -> None:
    """Make a key useless from this commit on; needs a tenant's session. Revoking twice changes nothing.

    Raises:
        NotFoundError: the tenant has no such key.

    """
    prefix = session.execute(_REVOKE, {"id": key_id}).scalar()
    if prefix is None:
        raise NotFoundError(f"There is no API key {key_id}.", action="See `rex keys list`.")
    audit.record(session, actor, "key.revoked", str(key_id), {"prefix": prefix})
