"""Snippets: pieces of text that templates include by name, kept once for a tenant."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.copywriting import snippets as references
from rex_celery.errors import ConflictError, InvalidError, NotFoundError, Problem
from rex_celery.outreach import step_texts
from rex_celery.tenancy import audit

_BODIES = text("SELECT name, body FROM snippets")
_LIST = text("SELECT name, body, updated_at FROM snippets ORDER BY name")
_WRITE = text("""
INSERT INTO snippets (id, tenant_id, name, body) VALUES (gen_random_uuid(), :tenant, :name, :body)
ON CONFLICT (tenant_id, name) DO UPDATE SET body = excluded.body, updated_at = now() RETURNING name, body, updated_at
""")
_DELETE = text("DELETE FROM snippets WHERE name = :name RETURNING name")
# Only what may still be written with it: the active versions of sequences that are in use.
_TEXTS = text("""
SELECT s.name, step->>'subject' AS subject, step->>'body' AS body
FROM sequences AS s JOIN sequence_versions AS v ON v.sequence_id = s.id AND v.version = s.active_version
CROSS JOIN LATERAL jsonb_array_elements(v.steps) AS step WHERE s.archived_at IS NULL
""")


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of text; templates put it in with ``{{ snippet.name }}``."""

    name: str
    body: str
    updated_at: datetime


def bodies(session: Session) -> dict[str, str]:
    """The tenant's snippets, each text by its name."""
    return {row.name: row.body for row in session.execute(_BODIES)}


def every(session: Session) -> list[Snippet]:
    """The tenant's snippets by name."""
    return [Snippet(*row) for row in session.execute(_LIST)]


def write(session: Session, tenant_id: UUID, name: str, body: str, *, actor: str) -> Snippet:
    """Store a snippet under this name; messages that were written before keep their words.

    Raises:
        InvalidError: the name or the text has problems; all are named.

    """
    if found := _problems(name, body):
        raise InvalidError(
            f"The snippet cannot be used: {found[0].where} {found[0].what}.",
            code="invalid_snippet",
            problems=tuple(found),
        )
    row = session.execute(_WRITE, {"tenant": tenant_id, "name": name, "body": body}).one()
    audit.record(session, actor, "snippet.written", name)
    return Snippet(*row)


def delete(session: Session, name: str, *, actor: str) -> None:
    """Remove a snippet that nothing uses.

    Raises:
        NotFoundError: the tenant has no such snippet.
        ConflictError: a sequence uses it; it is named.

    """
    used_in = {row.name for row in session.execute(_TEXTS) if name in _named(row.subject) | _named(row.body)}
    if used_in:
        raise ConflictError(
            f"The sequence {min(used_in)!r} uses this snippet.",
            code="snippet_in_use",
            action="Take it out of the sequence first.",
        )
    if session.execute(_DELETE, {"name": name}).first() is None:
        raise NotFoundError(
            f"There is no snippet {name}.", code="snippet_not_found", action="See GET /api/rex/snippets."
        )
    audit.record(session, actor, "snippet.deleted", name)


def _named(source: str | None) -> set[str]:
    return {name for name, _ in references.named_in(source or "")}


def _problems(name: str, body: str) -> list[Problem]:
    found = []
    if not re.fullmatch(references.NAME, name):
        found.append(Problem("name", "is no name of a snippet", "1 to 40 of a-z, 0-9, - and _, first no sign"))
    if not body.strip():
        found.append(Problem("body", "is empty", "the text"))
    if len(body) > references.LARGEST:
        return [*found, Problem("body", f"has {len(body)} characters", f"at most {references.LARGEST}")]
    if references.named_in(body):
        found.append(Problem("body", "holds a snippet", "text without other snippets"))
    return found + step_texts.text_problems(references.without(body), "body", {})
