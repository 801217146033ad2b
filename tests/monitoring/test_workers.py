import pytest
import redis.exceptions

from rex_celery import crews
from rex_celery import redis as store
from rex_celery.monitoring import workers
from rex_celery.monitoring.workers import LIFE_SECONDS

QUEUE = "crew.campaign"


def test_a_worker_that_beats_lives_and_is_counted_once(empty_engine: None) -> None:
    workers.beat(QUEUE, "campaign@one")
    workers.beat(QUEUE, "campaign@one")
    workers.beat(QUEUE, "campaign@two")
    assert workers.living([QUEUE, "control"]) == {QUEUE: 2, "control": 0}
    assert set(workers.living()) == set(crews.QUEUES)


def test_a_worker_that_fell_silent_is_not_counted(empty_engine: None) -> None:
    workers.beat(QUEUE, "campaign@one")
    store.client().zincrby(workers.key(QUEUE), -LIFE_SECONDS - 1, "campaign@one")
    assert workers.living([QUEUE]) == {QUEUE: 0}


def test_a_worker_that_stops_in_order_is_gone_at_once(empty_engine: None) -> None:
    workers.beat(QUEUE, "campaign@one")
    workers.leave(QUEUE, "campaign@one")
    assert workers.living([QUEUE]) == {QUEUE: 0}


def test_workers_of_long_ago_do_not_pile_up(empty_engine: None) -> None:
    store.client().zadd(workers.key(QUEUE), {"campaign@old": 1.0})
    workers.beat(QUEUE, "campaign@new")
    assert store.client().zrange(workers.key(QUEUE), 0, -1) == ["campaign@new"]
    assert store.client().ttl(workers.key(QUEUE)) > LIFE_SECONDS


def test_a_worker_outlives_a_redis_that_is_away(monkeypatch: pytest.MonkeyPatch, unreachable_redis: None) -> None:
    workers.beat(QUEUE, "campaign@one")
    workers.leave(QUEUE, "campaign@one")
    with pytest.raises(redis.exceptions.RedisError):
        workers.living()
