"""A Redis of the person's own, asked once whether it answers before anything is built on it."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from rex_celery.errors import UnavailableError

# One that takes longer is as good as none: the processes would wait for it at every step.
PATIENCE_SECONDS = 3


def require(url: str) -> None:
    """See that the Redis of this address answers, to this password.

    Raises:
        UnavailableError: it does not, or the address is none.

    """
    options = {"socket_connect_timeout": PATIENCE_SECONDS, "socket_timeout": PATIENCE_SECONDS}
    try:
        with redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), **options) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise UnavailableError(
            f"The Redis at {_without_password(url)} refused: {error}",
            code="redis_unavailable",
            action="Check REDIS_URL (such as redis://:password@127.0.0.1:6379/0), and that the server runs and lets"
            " this password in; or unset it to use the Valkey that comes with REX.",
        ) from error


def _without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string()
    except (ArgumentError, ValueError):
        return "REDIS_URL"
