"""A Redis that is away, for the tests of this folder."""

from collections.abc import Iterator

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from rex_celery import redis as store
from rex_celery.embedded import ports


@pytest.fixture
def unreachable_redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing listens where REX looks for Redis."""
    nowhere = redis.Redis(host="127.0.0.1", port=ports.free_port(), retry=Retry(NoBackoff(), 1))
    with monkeypatch.context() as patch:
        for module in ("workers", "queues", "checks"):
            patch.setattr(f"rex_celery.monitoring.{module}.client", lambda: nowhere)
        yield
    nowhere.close()
    assert store.client().ping()
