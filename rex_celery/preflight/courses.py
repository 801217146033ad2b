"""The sequences that a mission would follow, with their names and their steps as somebody wrote them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.outreach import pinning, steps
from rex_celery.outreach.pinning import Pinned
from rex_celery.outreach.steps import Step

_READ = text("""
SELECT s.name, v.steps FROM sequences AS s JOIN sequence_versions AS v ON v.sequence_id = s.id
WHERE s.id = :id AND v.version = :version
""")


@dataclass(frozen=True, slots=True)
class Script:
    """One version of a sequence; ``raw`` are its steps as JSON."""

    name: str
    version: int
    steps: tuple[Step, ...]
    raw: list[dict[str, Any]]

    def place(self, step_key: str) -> tuple[int, int]:
        """The position and the day of a step."""
        return next(((n, one.day) for n, one in enumerate(self.steps) if one.key == step_key), (0, 0))


Scripts = dict[Pinned | None, Script]


def read(session: Session, params: Mapping[str, Any]) -> Scripts:
    """Every version that the mission may use; empty when its messages go out at once."""
    return {one: _script(session, one) for one in pinning.every(params)}


def _script(session: Session, pinned: Pinned) -> Script:
    row = session.execute(_READ, {"id": pinned.sequence_id, "version": pinned.version}).one()
    return Script(row.name, pinned.version, steps.read(row.steps), row.steps)
