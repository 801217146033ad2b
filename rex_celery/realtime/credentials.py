"""What a live connection rests on, a key or a person, and whether that still holds."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text

from rex_celery import db


class Kind(StrEnum):
    """What opened the connection."""

    KEY = "key"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Credential:
    """One key or person of one tenant."""

    kind: Kind
    id: UUID
    tenant_id: UUID


_STANDING = text(
    "SELECT 'key' AS kind, id, tenant_id FROM api_keys"
    " WHERE id = ANY(:keys) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())"
    " UNION ALL SELECT 'user', id, tenant_id FROM users WHERE id = ANY(:users) AND disabled_at IS NULL"
)


def standing(credentials: Collection[Credential]) -> set[Credential]:
    """Those which are neither revoked, disabled nor expired, all asked for at once.

    Raises:
        UnavailableError: Postgres does not answer.

    """
    wanted = {kind: [credential.id for credential in credentials if credential.kind == kind] for kind in Kind}
    with db.control() as session:
        rows = session.execute(_STANDING, {"keys": wanted[Kind.KEY], "users": wanted[Kind.USER]})
        found = {Credential(Kind(row.kind), row.id, row.tenant_id) for row in rows}
    return found & set(credentials)
