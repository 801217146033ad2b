"""How much work waits for each crew: counted in Postgres, which is the truth, beside what lies in Redis."""

from dataclasses import dataclass

import redis.exceptions
import structlog
from sqlalchemy import text

from rex_celery import broker, crews, db
from rex_celery.monitoring import workers
from rex_celery.redis import client

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """One queue: ``depth`` waits, ``running`` is under way, ``messages`` lie in Redis.

    ``oldest_seconds`` is how long the oldest of the work that was sent there has waited.
    """

    queue: str
    crew: str | None
    depth: int
    running: int
    messages: int
    oldest_seconds: float | None
    workers: int


@dataclass(frozen=True, slots=True)
class _Rows:
    depth: int = 0
    running: int = 0
    oldest_seconds: float | None = None


# Two halves, because each has an index of its own. Only what was sent to a queue grows old in it.
_COUNT = text("""
WITH active AS (
  SELECT id FROM missions
  WHERE paused_at IS NULL AND state IN ('executing', 'collecting', 'analyzing', 'optimizing')
), open AS (
  SELECT c.crew, c.state, NULL::timestamptz AS since
  FROM chunks AS c JOIN active AS a ON a.id = c.mission_id WHERE c.state = 'ready'
  UNION ALL
  SELECT c.crew, c.state, c.queued_at FROM chunks AS c WHERE c.state IN ('queued', 'running')
)
SELECT crew, count(*) FILTER (WHERE state <> 'running') AS depth, count(*) FILTER (WHERE state = 'running') AS running,
  extract(epoch FROM clock_timestamp() - min(since) FILTER (WHERE state <> 'running'))::float8 AS oldest
FROM open GROUP BY crew
""")


def depths() -> list[QueueDepth]:
    """Every queue, the crews' in their order and then control's.

    When Redis does not answer, its part is shown as nothing: no worker can reach its queue then.

    Raises:
        UnavailableError: Postgres does not answer.

    """
    rows, (messages, living) = _rows(), _redis()
    return [_depth(name, rows, messages.get(name, 0), living.get(name, 0)) for name in crews.QUEUES]


def lengths() -> dict[str, int]:
    """How many messages lie in Redis for each queue, of all priorities together.

    Raises:
        redis.exceptions.RedisError: Redis does not answer.

    """
    with client().pipeline(transaction=False) as pipe:
        for name in crews.QUEUES:
            for step in broker.PRIORITIES:
                pipe.llen(list_key(name, step))
        found = pipe.execute()
    width = len(broker.PRIORITIES)
    return {name: sum(found[place * width : (place + 1) * width]) for place, name in enumerate(crews.QUEUES)}


def list_key(queue: str, priority: int) -> str:
    """The Redis list in which Celery keeps a queue's messages of one priority; the most urgent has no suffix."""
    suffix = f"{broker.PRIORITY_SEPARATOR}{priority}" if priority else ""
    return f"{broker.KEY_PREFIX}{queue}{suffix}"


def _rows() -> dict[str, _Rows]:
    with db.control() as session:
        return {row.crew: _Rows(row.depth, row.running, row.oldest) for row in session.execute(_COUNT)}


def _redis() -> tuple[dict[str, int], dict[str, int]]:
    try:
        return lengths(), workers.living()
    except redis.exceptions.RedisError as error:
        log.warning("queues_not_seen", error=type(error).__name__)
        return {}, {}


def _depth(queue: str, rows: dict[str, _Rows], messages: int, living: int) -> QueueDepth:
    crew = next((str(crew) for crew in crews.Crew if crews.queue_of(crew) == queue), None)
    # The control queue's work has no rows of its own: what waits there is what lies in Redis.
    counted = rows.get(crew, _Rows()) if crew else _Rows(depth=messages)
    oldest = None if counted.oldest_seconds is None else round(max(counted.oldest_seconds, 0.0), 1)
    return QueueDepth(queue, crew, counted.depth, counted.running, messages, oldest, living)
