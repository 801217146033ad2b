"""One Redis client a process, and the names of every key that REX keeps there."""

from functools import cache

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from rex_celery import config

# Its absence means that Redis was emptied, so nothing that was queued is queued any more.
BOOT_KEY = "rex:boot"
EVENT_CHANNEL = "rex:events"


@cache
def client() -> redis.Redis:
    """The client of this process; time-outs are short because nothing of value waits in Redis."""
    return redis.Redis.from_url(
        config.settings().redis_url,
        decode_responses=True,
        socket_timeout=5,
        socket_connect_timeout=2,
        # Once again for a connection that went stale; the library's default keeps a request waiting for seconds.
        retry=Retry(NoBackoff(), 1),
    )
