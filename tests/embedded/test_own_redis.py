import time

import pytest

from rex_celery.embedded import own_redis, ports
from rex_celery.embedded.services import Services
from rex_celery.errors import UnavailableError


def test_a_redis_that_answers_is_taken(database: Services) -> None:
    own_redis.require(database.redis_url)


def test_a_redis_that_does_not_answer_is_told_at_once_and_without_its_password() -> None:
    port, began = ports.free_port(), time.monotonic()
    with pytest.raises(UnavailableError) as refused:
        own_redis.require(f"redis://:hush@127.0.0.1:{port}/0")
    assert time.monotonic() - began < own_redis.PATIENCE_SECONDS
    assert f"127.0.0.1:{port}" in refused.value.detail
    assert "hush" not in refused.value.detail
    assert "REDIS_URL" in refused.value.action


def test_a_wrong_password_is_told(database: Services) -> None:
    with pytest.raises(UnavailableError, match=r"invalid|WRONGPASS"):
        own_redis.require(database.redis_url.replace("redis://:", "redis://:wrong", 1))


@pytest.mark.parametrize("url", ["nonsense", "http://127.0.0.1:1/0", "redis://127.0.0.1:none/0"])
def test_what_is_no_address_of_a_redis_is_told(url: str) -> None:
    with pytest.raises(UnavailableError, match="refused"):
        own_redis.require(url)
