"""One-time sign-in links: a token in Redis that works once, for ten minutes."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import redis.exceptions

from rex_celery import clock
from rex_celery.errors import UnauthenticatedError, UnavailableError
from rex_celery.redis import client
from rex_celery.tenancy.access import Identity

LIFETIME = timedelta(minutes=10)
_PREFIX = "rex:link:"


@dataclass(frozen=True, slots=True)
class Link:
    """A fresh sign-in link; the token is stored nowhere, only its SHA-256."""

    token: str
    expires_at: datetime


def create(identity: Identity) -> Link:
    """A link that signs in as this identity.

    Raises:
        UnavailableError: Redis does not answer.

    """
    link = Link(secrets.token_urlsafe(32), clock.now() + LIFETIME)
    try:
        client().set(_name(link.token), f"{identity.kind} {identity.id}", ex=LIFETIME)
    except redis.exceptions.RedisError as error:
        raise _unavailable() from error
    return link


def redeem(token: str) -> Identity:
    """Whom this link signs in; from now on it is used up.

    Raises:
        UnauthenticatedError: it was used before, or has expired, or never was.
        UnavailableError: Redis does not answer.

    """
    try:
        kept = client().getdel(_name(token))
    except redis.exceptions.RedisError as error:
        raise _unavailable() from error
    if not isinstance(kept, str):
        raise UnauthenticatedError(
            "This sign-in link was used before or has expired.",
            code="link_expired",
            action="Sign in with an API key, or make a new link.",
        )
    kind, _, subject = kept.partition(" ")
    return Identity(kind, UUID(subject))


def _name(token: str) -> str:
    return _PREFIX + hashlib.sha256(token.encode()).hexdigest()


def _unavailable() -> UnavailableError:
    return UnavailableError(
        "Redis does not answer, so there are no sign-in links.",
        code="redis_unavailable",
        action="Sign in with an API key; `rex doctor` shows what is wrong.",
    )
