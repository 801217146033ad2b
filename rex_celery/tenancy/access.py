"""Roles, and how the holder of a key or of a session is recognised."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from rex_celery import db
from rex_celery.errors import ForbiddenError, UnauthenticatedError
from rex_celery.tenancy.settings import SenderSettings, Tenant


class Role(StrEnum):
    """What a person or key may do; each role may do all that the ones before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in, by id: what a session remembers. ``kind`` is ``key`` or ``user``."""

    kind: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, and for which tenant; ``actor`` is how the audit log names them.

    ``asked_at`` is the transaction's time, which every row made in it bears.
    """

    identity: Identity
    tenant_id: UUID
    tenant: Tenant
    role: Role
    name: str
    actor: str
    asked_at: datetime

    @property
    def key_id(self) -> UUID:
        """The id of the key that this caller holds."""
        return self.identity.id


# Asked once a request, so it brings along what most requests need of the tenant.
_TENANT = (
    "now() AS asked_at, t.name AS tenant_name, t.sender_name, t.sender_email, t.postal_address, t.offer,"
    " t.sending_stopped_at, coalesce(h.seq, 0) AS last_seq"
)
_ITS_TENANT = "JOIN tenants AS t ON t.id = {0}.tenant_id LEFT JOIN event_heads AS h ON h.tenant_id = t.id"
# With the answer the transaction becomes the tenant's own: from here on it sees and touches that tenant's rows only.
_ENTER = f"set_config('rex.tenant', t.id::text, true), set_config('role', '{db.APP_ROLE}', true)"
_KEY = f"""
SELECT k.id, k.tenant_id, {_TENANT}, {_ENTER}, k.role, k.name, 'key:' || k.prefix AS actor,
  k.revoked_at IS NOT NULL AS revoked, coalesce(k.expires_at <= now(), false) AS expired,
  coalesce(k.last_used_at < now() - interval '1 minute', true) AS stale
FROM api_keys AS k {_ITS_TENANT.format("k")}
"""
_BY_HASH = text(_KEY + "WHERE k.key_hash = :hash")
_BY_KEY_ID = text(_KEY + "WHERE k.id = :id")
_BY_USER_ID = text(
    f"SELECT u.id, u.tenant_id, {_TENANT}, {_ENTER}, u.role, u.email AS name, 'user:' || u.email AS actor"
    f" FROM users AS u {_ITS_TENANT.format('u')} WHERE u.id = :id AND u.disabled_at IS NULL"
)
# A busy key would otherwise make all its requests wait for one row.
_TOUCH = text(
    "UPDATE api_keys SET last_used_at = now()"
    " WHERE id = (SELECT id FROM api_keys WHERE id = :id FOR UPDATE SKIP LOCKED)"
)


def require(caller: Caller, role: Role) -> None:
    """See that the caller's role reaches ``role``.

    Raises:
        ForbiddenError: it does not.

    """
    if _RANKS[caller.role] < _RANKS[role]:
        raise ForbiddenError(
            f"This needs the role {role}; yours is {caller.role}.", action=f"Ask an admin for the role {role}."
        )


_RANKS = {role: rank for rank, role in enumerate(Role)}


def authenticate(plaintext: str) -> Caller:
    """Whom this API key belongs to, asked in a transaction of its own.

    Raises:
        UnauthenticatedError: there is no such key, or it was revoked or has expired.
        UnavailableError: Postgres does not answer.

    """
    with db.control() as session:
        return by_key(session, plaintext)


def by_key(session: Session, plaintext: str) -> Caller:
    """Whom this API key belongs to; needs a session of ``db.control()``, which becomes that tenant's.

    Raises:
        UnauthenticatedError: there is no such key, or it was revoked or has expired.

    """
    return _key_holder(session, session.execute(_BY_HASH, {"hash": key_hash(plaintext)}).mappings().first())


def by_identity(session: Session, identity: Identity) -> Caller:
    """Who signed in, as they stand now; needs a session of ``db.control()``, which becomes that tenant's.

    Raises:
        UnauthenticatedError: the key was revoked or the user disabled since.

    """
    if identity.kind == "key":
        return _key_holder(session, session.execute(_BY_KEY_ID, {"id": identity.id}).mappings().first())
    row = session.execute(_BY_USER_ID, {"id": identity.id}).mappings().first()
    if row is None:
        raise UnauthenticatedError("This user does not exist any more or was disabled.", action="Ask an admin.")
    return _caller("user", row)


def key_hash(plaintext: str) -> str:
    """What is stored of a key; its 256 random bits need no slow hash."""
    return hashlib.sha256(plaintext.encode()).hexdigest()


def _key_holder(session: Session, row: RowMapping | None) -> Caller:
    if row is None:
        raise UnauthenticatedError("This API key is not known.", code="key_unknown", action=_NEW_KEY)
    if row["revoked"]:
        raise UnauthenticatedError("This API key was revoked.", code="key_revoked", action=_NEW_KEY)
    if row["expired"]:
        raise UnauthenticatedError("This API key has expired.", code="key_expired", action=_NEW_KEY)
    if row["stale"]:
        session.execute(_TOUCH, {"id": row["id"]})
    return _caller("key", row)


_NEW_KEY = "Create a key with `rex keys create`."


def _caller(kind: str, row: RowMapping) -> Caller:
    return Caller(
        Identity(kind, row["id"]),
        row["tenant_id"],
        Tenant(
            row["tenant_name"],
            SenderSettings(row["sender_name"], row["sender_email"], row["postal_address"], row["offer"]),
            row["sending_stopped_at"],
            row["last_seq"],
        ),
        Role(row["role"]),
        row["name"],
        row["actor"],
        row["asked_at"],
    )
