"""Changes to sequences: a version is added and made the active one, never changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.errors import ConflictError
from rex_celery.outreach import shipped_forms, snippets, step_problems
from rex_celery.outreach.sequences import no_sequence
from rex_celery.tenancy import audit

_CREATE = text("""
INSERT INTO sequences (id, tenant_id, name, description, created_by) VALUES (:id, :tenant, :name, :description, :actor)
ON CONFLICT DO NOTHING RETURNING id
""")
_ADD = text("""
INSERT INTO sequence_versions (sequence_id, version, tenant_id, steps, created_by)
VALUES (:id, :version, :tenant, :steps, :actor)
""")
# The row stays locked until the commit: of two edits of one version only the first is taken.
_LOCK = text("""
SELECT name, shipped_key, active_version, archived_at,
  (SELECT max(version) FROM sequence_versions WHERE sequence_id = s.id) AS newest
FROM sequences AS s WHERE id = :id FOR UPDATE
""")
_ACTIVATE = text("UPDATE sequences SET active_version = :version WHERE id = :id")
_EXISTS = text("SELECT FROM sequence_versions WHERE sequence_id = :id AND version = :version")
_USED_BY = text("SELECT name FROM campaigns WHERE sequence_id = :id AND archived_at IS NULL ORDER BY name LIMIT 1")
_ARCHIVE = text("UPDATE sequences SET archived_at = now() WHERE id = :id AND archived_at IS NULL")

RawSteps = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class New:
    """A sequence as somebody wrote it."""

    name: str
    steps: RawSteps
    description: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """New steps, written with version ``edited_from`` in view; ``activate`` lets new people go through them."""

    steps: RawSteps
    edited_from: int
    activate: bool = False


def create(session: Session, tenant_id: UUID, new: New, *, actor: str) -> UUID:
    """Store a sequence with its first version, which is active; returns its id.

    Raises:
        InvalidError: the steps have problems; all are named.
        ConflictError: the name is taken.

    """
    step_problems.check(new.steps, snippets.bodies(session))
    id_ = uuid4()
    row = {"id": id_, "tenant": tenant_id, "name": new.name, "description": new.description, "actor": actor}
    if new.name in shipped_forms.KEYS or session.execute(_CREATE, row).first() is None:
        raise ConflictError(
            f"There is a sequence {new.name!r} already.", code="name_taken", action="Choose another name."
        )
    _add(session, tenant_id, id_, 1, new.steps, actor)
    audit.record(session, actor, "sequence.created", str(id_))
    return id_


def add_version(session: Session, tenant_id: UUID, sequence_id: UUID, edit: Edit, *, actor: str) -> int:
    """Store new steps as the next version; returns its number. Who is enrolled stays with their version.

    Raises:
        NotFoundError: the tenant has no such sequence.
        InvalidError: the steps have problems; all are named.
        ConflictError: somebody else added a version since, or the sequence was archived.

    """
    known = _locked(session, sequence_id)
    if edit.edited_from != known.newest:
        raise ConflictError(
            f"Version {edit.edited_from} is not the newest one any more; that is version {known.newest}.",
            code="version_conflict",
            action=f"Look at version {known.newest} and make the change there.",
        )
    step_problems.check(edit.steps, snippets.bodies(session))
    number = int(known.newest) + 1
    _add(session, tenant_id, sequence_id, number, edit.steps, actor)
    audit.record(session, actor, "sequence.version_added", str(sequence_id), {"version": number})
    if edit.activate:
        _make_active(session, sequence_id, number, actor)
    return number


def activate(session: Session, sequence_id: UUID, number: int, *, actor: str) -> None:
    """Let those who are enrolled from now on go through this version.

    Raises:
        NotFoundError: the tenant has no such sequence or version.
        ConflictError: the sequence was archived.

    """
    known = _locked(session, sequence_id)
    if session.execute(_EXISTS, {"id": sequence_id, "version": number}).first() is None:
        raise no_sequence(f"{sequence_id}, version {number}")
    if known.active_version != number:
        _make_active(session, sequence_id, number, actor)


def archive(session: Session, sequence_id: UUID, *, actor: str) -> None:
    """Let nobody be enrolled any more; who is on their way goes on to the end.

    Raises:
        NotFoundError: the tenant has no such sequence.
        ConflictError: it came with REX, which missions rely on, or a campaign uses it, or it was archived before.

    """
    known = _locked(session, sequence_id)
    if known.shipped_key:
        raise ConflictError(
            "This sequence came with REX; missions rely on it.", action="Give it a version of your own."
        )
    used = session.execute(_USED_BY, {"id": sequence_id}).scalar()
    if used is not None:
        raise ConflictError(f"The campaign {used!r} uses this sequence.", action="Archive the campaign first.")
    session.execute(_ARCHIVE, {"id": sequence_id})
    audit.record(session, actor, "sequence.archived", str(sequence_id))


def _locked(session: Session, sequence_id: UUID) -> Row[Any]:
    row = session.execute(_LOCK, {"id": sequence_id}).first()
    if row is None:
        raise no_sequence(sequence_id)
    if row.archived_at is not None:
        raise ConflictError(f"The sequence {row.name!r} was archived.", code="sequence_archived")
    return row


def _add(  # noqa: PLR0913, PLR0917  a row's columns
    session: Session, tenant_id: UUID, sequence_id: UUID, number: int, raw: RawSteps, actor: str
) -> None:
    steps = json.dumps([dict(one) for one in raw])
    values = {"id": sequence_id, "version": number, "tenant": tenant_id, "steps": steps, "actor": actor}
    session.execute(_ADD, values)


def _make_active(session: Session, sequence_id: UUID, number: int, actor: str) -> None:
    session.execute(_ACTIVATE, {"id": sequence_id, "version": number})
    audit.record(session, actor, "sequence.version_activated", str(sequence_id), {"version": number})
