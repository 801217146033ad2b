"""Which workers live: each one says so every few seconds, in a sorted set per queue with Redis' own clock."""

from collections.abc import Iterable

import redis.exceptions
import structlog

from rex_celery import crews
from rex_celery.redis import client

log = structlog.get_logger()

# How often a worker should call ``beat``, and how long it counts as living after its last one.
BEAT_SECONDS = 5
LIFE_SECONDS = 15
_PREFIX = "rex:workers:"


def beat(queue: str, hostname: str) -> None:
    """A worker on this queue lives. Redis being away is no reason for a worker to die."""
    try:
        seconds = _now()
        with client().pipeline(transaction=False) as pipe:
            pipe.zadd(key(queue), {hostname: seconds})
            pipe.zremrangebyscore(key(queue), "-inf", seconds - 10 * LIFE_SECONDS)
            pipe.expire(key(queue), 10 * LIFE_SECONDS)
            pipe.execute()
    except redis.exceptions.RedisError as error:
        log.warning("worker_beat_failed", queue=queue, error=type(error).__name__)


def leave(queue: str, hostname: str) -> None:
    """A worker on this queue stops in order, so it need not be missed for a while."""
    try:
        client().zrem(key(queue), hostname)
    except redis.exceptions.RedisError as error:
        log.warning("worker_leave_failed", queue=queue, error=type(error).__name__)


def living(queues: Iterable[str] = crews.QUEUES) -> dict[str, int]:
    """How many workers live on each queue.

    Raises:
        redis.exceptions.RedisError: Redis does not answer.

    """
    names, since = list(queues), _now() - LIFE_SECONDS
    with client().pipeline(transaction=False) as pipe:
        for name in names:
            pipe.zcount(key(name), since, "+inf")
        return dict(zip(names, pipe.execute(), strict=True))


def key(queue: str) -> str:
    """The Redis key that holds a queue's workers, each with its last sign of life."""
    return _PREFIX + queue


def _now() -> float:
    """Redis' clock: the workers' own may differ from machine to machine."""
    seconds, micros = client().time()
    return seconds + micros / 1_000_000
