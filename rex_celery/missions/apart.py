"""Looking after many missions one by one, so that the trouble of one can be kept from the others."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from rex_celery.work import Failure, Guard

Apart = Guard[Any, object]


def unguarded(work: Callable[[Any], object], row: Any) -> object | Failure:
    """Let errors through, as tests want them; workers hand in a guard that stops at nothing."""
    return work(row)


def each(rows: Iterable[Any], work: Callable[[UUID, UUID], object], guard: Apart) -> None:
    """Do ``work`` for the (tenant, mission) of each row; what fails is looked at again in the next round."""
    for row in rows:
        guard(lambda one: work(*one[:2]), row)
