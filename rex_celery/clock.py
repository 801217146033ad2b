"""The only clock: everything that needs the time asks here or is handed it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_replaced: ContextVar[Callable[[], datetime] | None] = ContextVar("replaced", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    source = _replaced.get()
    return source() if source else datetime.now(UTC)  # noqa: TID251  the one place where the time is read


@contextmanager
def replaced(source: Callable[[], datetime]) -> Iterator[None]:
    """Have this thread, and no other, take the time from ``source`` for the block: a simulation's days are short."""
    token = _replaced.set(source)
    try:
        yield
    finally:
        _replaced.reset(token)
