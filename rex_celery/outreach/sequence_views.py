"""Sequences as they are shown: who is on their way through which version, and the steps of one of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import paging
from rex_celery.outreach import steps
from rex_celery.outreach.sequences import no_sequence
from rex_celery.outreach.shipping import ensure_shipped
from rex_celery.outreach.steps import Step
from rex_celery.paging import Page

_COLUMNS = """
SELECT s.id, s.name, s.description, s.shipped_key, s.active_version,
  (SELECT max(version) FROM sequence_versions WHERE sequence_id = s.id) AS newest_version,
  (SELECT jsonb_array_length(steps) FROM sequence_versions
    WHERE sequence_id = s.id AND version = s.active_version) AS step_count,
  (SELECT count(*) FROM enrolments WHERE sequence_id = s.id AND state = 'active') AS enrolled,
  s.created_by, s.created_at, s.archived_at
FROM sequences AS s
"""
_PAGE = text(
    _COLUMNS
    + """
WHERE (:archived OR s.archived_at IS NULL)
  AND (CAST(:at AS timestamptz) IS NULL OR (s.created_at, s.id) < (:at, CAST(:id AS uuid)))
ORDER BY s.created_at DESC, s.id DESC LIMIT :limit
"""
)
_GET = text(_COLUMNS + "WHERE s.id = :id")
_VERSIONS = text("""
SELECT v.version, v.created_by, v.created_at,
  (SELECT count(*) FROM enrolments WHERE sequence_id = v.sequence_id AND version = v.version AND state = 'active')
FROM sequence_versions AS v WHERE v.sequence_id = :id ORDER BY v.version DESC
""")
_STEPS = text("SELECT steps FROM sequence_versions WHERE sequence_id = :id AND version = :version")


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence; ``enrolled`` are the people on their way through any of its versions.

    ``step_count`` is that of the active version, ``shipped_key`` names one that came with REX.
    """

    id: UUID
    name: str
    description: str
    shipped_key: str | None
    active_version: int
    newest_version: int
    step_count: int
    enrolled: int
    created_by: str
    created_at: datetime
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a sequence and how many people are on their way through it."""

    version: int
    created_by: str
    created_at: datetime
    enrolled: int


@dataclass(frozen=True, slots=True)
class SequenceDetail(Sequence):
    """A sequence with all its versions, the newest first, and the steps of one: ``version``."""

    versions: list[Version]
    version: int
    steps: list[Step]


def page(
    session: Session, tenant_id: UUID, *, archived: bool = False, limit: int = 50, cursor: str | None = None
) -> Page[Sequence]:
    """A part of the tenant's sequences, newest first; with ``archived`` those, too.

    Raises:
        InvalidError: the cursor is not one of this list's.

    """
    at, id_ = paging.read_cursor(cursor, datetime.fromisoformat, UUID) if cursor else (None, None)
    ensure_shipped(session, tenant_id)
    values = {"archived": archived, "at": at, "id": id_, "limit": limit + 1}
    rows = session.execute(_PAGE, values).all()
    return paging.cut(rows, limit, lambda row: Sequence(*row), lambda row: (row.created_at, row.id))


def get(session: Session, sequence_id: UUID, version: int | None = None) -> SequenceDetail:
    """One sequence with the steps of a version, of the active one if none is named.

    Raises:
        NotFoundError: the tenant has no such sequence or version.

    """
    row = session.execute(_GET, {"id": sequence_id}).first()
    if row is None:
        raise no_sequence(sequence_id)
    number = version or int(row.active_version)
    versions = [Version(*one) for one in session.execute(_VERSIONS, {"id": sequence_id})]
    shown = {"versions": versions, "version": number, "steps": _steps(session, row, number)}
    return SequenceDetail(**(dict(row._mapping) | shown))  # noqa: SLF001  SQLAlchemy's public name


def _steps(session: Session, row: Row[Any], number: int) -> list[Step]:
    stored = session.execute(_STEPS, {"id": row.id, "version": number}).scalar()
    if stored is None:
        raise no_sequence(f"{row.id}, version {number}")
    return list(steps.read(stored))
