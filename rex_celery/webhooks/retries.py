"""When a webhook is tried again, and for how long an endpoint may fail."""

from datetime import timedelta
from random import Random
from uuid import UUID

_SECOND, _MINUTE, _HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
WAITS = (10 * _SECOND, _MINUTE, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 6 * _HOUR, 12 * _HOUR, 24 * _HOUR)
# Many deliveries that failed in one second do not come back in one second.
_JITTER = 0.2
# An endpoint that took nothing for so long has most likely been given up.
PATIENCE = timedelta(days=3)


def wait(attempts: int, delivery_id: UUID) -> timedelta | None:
    """How long after this many failed tries the next one comes; None after the last. The same for the same delivery."""
    if attempts > len(WAITS):
        return None
    drawn = Random(f"{delivery_id} {attempts}").uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  nobody must not guess it
    return WAITS[attempts - 1] * drawn
