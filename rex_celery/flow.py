"""Work to be sent, as data: which task, with which ids, on which queue; a group may have a call to follow it."""

from dataclasses import dataclass

URGENT, NORMAL, BULK = 0, 5, 9


@dataclass(frozen=True, slots=True)
class Call:
    """One task by name. ``arguments`` are ids as text or numbers, never payloads. Redis: priority 0 goes first."""

    task: str
    arguments: tuple[str | int | None, ...]
    queue: str
    priority: int = NORMAL
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Sequence:
    """Calls one after the other: a Celery chain."""

    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Together:
    """Calls side by side and one that follows when all have ended: a Celery chord."""

    calls: tuple[Call, ...]
    then: Call


Flow = Call | Sequence | Together
