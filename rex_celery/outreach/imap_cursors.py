"""The table of how far mailbox folders were read; the row of a mailbox's first folder also says who reads it now."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.integrations.imap import Cursor

# One statement, so that of two readers at the same moment one gets it.
_LEASE = text("""
INSERT INTO imap_cursors (connection_id, folder, tenant_id, uid_validity, retry_at)
VALUES (:connection, :folder, :tenant, 0, :until)
ON CONFLICT (connection_id, folder) DO UPDATE SET retry_at = excluded.retry_at
WHERE imap_cursors.retry_at IS NULL OR imap_cursors.retry_at <= :now
RETURNING 1
""")
_HELD = text("""
SELECT FROM imap_cursors WHERE connection_id = :connection AND folder = :folder AND retry_at = :until FOR UPDATE
""")
_GET = text("SELECT uid_validity, last_uid FROM imap_cursors WHERE connection_id = :connection AND folder = :folder")
_MOVE = text("""
INSERT INTO imap_cursors (connection_id, folder, tenant_id, uid_validity, last_uid)
VALUES (:connection, :folder, :tenant, :validity, :last)
ON CONFLICT (connection_id, folder) DO UPDATE SET uid_validity = excluded.uid_validity, last_uid = excluded.last_uid
""")
_FAILURES = text("SELECT failures FROM imap_cursors WHERE connection_id = :connection AND folder = :folder")
_RELEASE = text("""
UPDATE imap_cursors SET failures = :failures, retry_at = :retry_at, error = nullif(:error, ''), polled_at = :at
WHERE connection_id = :connection AND folder = :folder AND retry_at = :until RETURNING 1
""")
# What its owner sees; a change of it must not look like a change of the connection's settings.
_TELL = text(
    "UPDATE connections SET error = nullif(:error, '') WHERE id = :connection AND coalesce(error, '') <> :error"
)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to read a mailbox until a moment, by which it is also known; ``folder`` is the mailbox's first."""

    tenant_id: UUID
    connection_id: UUID
    folder: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How a mailbox stands after a reading; ``error`` is empty when all is well."""

    failures: int
    retry_at: datetime | None
    error: str
    at: datetime


def take(session: Session, lease: Lease, now: datetime) -> bool:
    """Lease a mailbox; False while somebody else has it or it rests."""
    return session.execute(_LEASE, _values(lease) | {"now": now}).scalar() is not None


def held(session: Session, lease: Lease) -> bool:
    """Whether the lease still stands; if so, nobody takes it before the end of the transaction."""
    return session.execute(_HELD, _values(lease)).one_or_none() is not None


def get(session: Session, connection_id: UUID, folder: str) -> Cursor | None:
    """How far this folder was read."""
    row = session.execute(_GET, {"connection": connection_id, "folder": folder}).one_or_none()
    return Cursor(row.uid_validity, row.last_uid) if row else None


def move(session: Session, lease: Lease, folder: str, cursor: Cursor) -> None:
    """Note how far a folder of the mailbox is read now."""
    place = {"connection": lease.connection_id, "folder": folder, "tenant": lease.tenant_id}
    session.execute(_MOVE, place | {"validity": cursor.uid_validity, "last": cursor.last_uid})


def failures(session: Session, lease: Lease) -> int:
    """How many readings in a row have failed."""
    return int(session.execute(_FAILURES, _values(lease)).scalar() or 0)


def release(session: Session, lease: Lease, standing: Standing) -> None:
    """Let go of a mailbox, unless the lease was lost meanwhile."""
    told = {"failures": standing.failures, "retry_at": standing.retry_at, "error": standing.error, "at": standing.at}
    if session.execute(_RELEASE, _values(lease) | told).scalar():
        session.execute(_TELL, {"connection": lease.connection_id, "error": standing.error})


def _values(lease: Lease) -> dict[str, object]:
    return {
        "connection": lease.connection_id,
        "folder": lease.folder,
        "tenant": lease.tenant_id,
        "until": lease.until,
    }
