"""Sequences: found by name, and the steps of one version, which never change."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.errors import ConflictError, NotFoundError
from rex_celery.outreach import shipped_forms, steps
from rex_celery.outreach.shipping import ensure_shipped
from rex_celery.outreach.steps import Step

# As many as any process has in use; a version is a few kilobytes.
MOST_KEPT = 500

_RESOLVE = text("""
SELECT id, name, active_version, archived_at FROM sequences
WHERE id::text = lower(:name) OR shipped_key = :name OR name = :name
ORDER BY id::text = lower(:name) DESC, shipped_key IS NOT DISTINCT FROM :name DESC LIMIT 1
""")
_FAMILY = text("""
SELECT shipped_key, id, active_version FROM sequences WHERE shipped_key = ANY(CAST(:keys AS text[]))
""")
# One that this very transaction wrote may still be taken back, and then another may bear its number.
_VERSION = text("""
SELECT steps, created_at < transaction_timestamp() AS settled
FROM sequence_versions WHERE sequence_id = :id AND version = :version
""")
_kept: dict[tuple[UUID, int], tuple[Step, ...]] = {}


class Resolved(NamedTuple):
    """A sequence and the version that is active now: what an enrolment is pinned to."""

    sequence_id: UUID
    version: int


def resolve(session: Session, tenant_id: UUID, name: str) -> Resolved:
    """The sequence with this id, shipped key or name.

    Raises:
        NotFoundError: the tenant has no such sequence.
        ConflictError: it was archived.

    """
    if name in shipped_forms.KEYS:
        ensure_shipped(session, tenant_id)
    row = session.execute(_RESOLVE, {"name": name}).first()
    if row is None:
        raise no_sequence(name)
    if row.archived_at is not None:
        raise ConflictError(
            f"The sequence {row.name!r} was archived.", code="sequence_archived", action="Choose another sequence."
        )
    return Resolved(row.id, row.active_version)


def family(session: Session, tenant_id: UUID, name: str) -> dict[str, Resolved]:
    """The shipped forms of a family, such as ``reactivation``, by the reviver's strategy, the heaviest first.

    Raises:
        NotFoundError: nothing of that name was shipped.

    """
    forms = [form for form in shipped_forms.forms() if form.family == name]
    if not forms:
        raise no_sequence(name)
    ensure_shipped(session, tenant_id)
    rows = session.execute(_FAMILY, {"keys": [form.key for form in forms]})
    known = {row.shipped_key: Resolved(row.id, row.active_version) for row in rows}
    return {form.strategy: known[form.key] for form in forms}


def version(session: Session, sequence_id: UUID, number: int) -> tuple[Step, ...]:
    """The steps of one version.

    ``sequence_id`` must come from a row that this tenant's session gave: versions never change, so they are kept for
    the life of the process, and nobody asks again whose they are.

    Raises:
        NotFoundError: there is no such version.

    """
    key = (sequence_id, number)
    if key in _kept:
        return _kept[key]
    row = session.execute(_VERSION, {"id": sequence_id, "version": number}).first()
    if row is None:
        raise no_sequence(f"{sequence_id}, version {number}")
    found = steps.read(row.steps)
    if row.settled:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = found
    return found


def no_sequence(name: object) -> NotFoundError:
    """That the tenant has no such sequence."""
    return NotFoundError(
        f"There is no sequence {name}.", code="sequence_not_found", action="See GET /api/rex/sequences."
    )


__all__ = ["Resolved", "ensure_shipped", "family", "no_sequence", "resolve", "version"]
