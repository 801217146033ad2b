"""How often one key, person or address may ask: a count per calendar minute in Redis, one round trip a request."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis.exceptions
import structlog
from flask import Response, g, request

from rex_celery import clock, config
from rex_celery.errors import RefusedError, UnavailableError
from rex_celery.redis import client
from web import auth

log = structlog.get_logger()

MINUTE = timedelta(minutes=1)
# A person mistypes a password a few times; a program that guesses needs thousands.
SIGN_INS_PER_MINUTE = 20


@dataclass(frozen=True, slots=True)
class Window:
    """What is left of the present minute; ``reset`` is in whole seconds."""

    limit: int
    remaining: int
    reset: int


class TooManyError(RefusedError):
    """The caller asked too often; the minute's end is in the Retry-After header."""

    status = 429
    code = "too_many_requests"


def check(most: int | None = None, *, who: str = "") -> None:
    """Count this request.

    Raises:
        TooManyError: it is one too many.
        UnavailableError: Redis does not answer and the request would change something; nothing was written.

    """
    limit = most or config.settings().requests_per_minute
    try:
        g.window = _count(who or _who(), limit, clock.now())
    except redis.exceptions.RedisError as error:
        log.warning("limits_unavailable", error=type(error).__name__)
        if request.method not in auth.READING:
            raise UnavailableError(
                "Redis does not answer, so nothing was changed.",
                code="redis_unavailable",
                action="Start Redis, or check REDIS_URL; `rex doctor` shows which.",
            ) from error
        return
    if g.window.remaining < 0:
        raise TooManyError(
            f"More than {limit} requests in this minute.", action=f"Ask again in {g.window.reset} seconds."
        )


def tell(response: Response) -> Response:
    """Put what is left of the minute into the answer's headers."""
    window: Window | None = g.get("window")
    if window:
        response.headers["RateLimit-Limit"] = str(window.limit)
        response.headers["RateLimit-Remaining"] = str(max(0, window.remaining))
        response.headers["RateLimit-Reset"] = str(window.reset)
        if window.remaining < 0:
            response.headers["Retry-After"] = str(window.reset)
    return response


def _count(who: str, limit: int, now: datetime) -> Window:
    name = f"rex:limit:{who}:{int(now.timestamp()) // 60}"
    line = client().pipeline(transaction=False)
    line.incr(name)
    line.expire(name, 2 * MINUTE)
    asked = int(line.execute()[0])
    return Window(limit, limit - asked, 60 - now.second)


def _who() -> str:
    """A key counts by its hash, so that a wrong one never uses up a right one's minute."""
    key = auth.presented_key()
    if key:
        return hashlib.sha256(key.encode()).hexdigest()[:32]
    identity = auth.remembered()
    return str(identity.id) if identity else str(request.remote_addr)
