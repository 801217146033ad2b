"""Lists in parts, and cursors: where a list goes on, as an opaque word that stays right while rows are added."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from rex_celery.errors import InvalidError, Problem

Item = TypeVar("Item")
Stored = TypeVar("Stored")
Key = str | int | UUID | datetime


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A part of a list; ``next_cursor`` asks for the part after it and is None at the end."""

    items: list[Item]
    next_cursor: str | None


def cut(
    rows: Sequence[Stored], limit: int, read: Callable[[Stored], Item], key: Callable[[Stored], Iterable[Key]]
) -> Page[Item]:
    """The first ``limit`` of these rows as a page; one more than that says that there is a next part."""
    kept = rows[:limit]
    return Page([read(row) for row in kept], write_cursor(*key(kept[-1])) if len(rows) > limit else None)


def write_cursor(*key: Key) -> str:
    """The cursor behind the row with this key."""
    plain = json.dumps([part.isoformat() if isinstance(part, datetime) else str(part) for part in key])
    return urlsafe_b64encode(plain.encode()).rstrip(b"=").decode()


def read_cursor(cursor: str, *kinds: Callable[[str], Key]) -> tuple[Key, ...]:
    """The key in a cursor, each part read by one of ``kinds``, such as ``UUID`` or ``datetime.fromisoformat``.

    Raises:
        InvalidError: this word did not come from a list of this kind.

    """
    try:
        parts = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return tuple(kind(_clean(part)) for kind, part in zip(kinds, parts, strict=True))
    except (ValueError, TypeError, RecursionError) as error:
        problem = Problem("cursor", "is not a cursor of this list", "the next_cursor of the page before")
        raise InvalidError("The cursor cannot be read.", code="bad_cursor", problems=(problem,)) from error


def _clean(part: object) -> str:
    """A forged cursor may hold what Postgres cannot store: NUL is dropped, half a character raises ValueError."""
    return str(part).replace("\0", "").encode().decode()
