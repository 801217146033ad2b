"""Keeping what a provider tells: each event once, whatever comes twice, before the provider gets its answer."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import redis.exceptions
from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import broker, clock, crews, db
from rex_celery.errors import RefusedError
from rex_celery.flow import URGENT, Call
from rex_celery.redis import client

# In one order everywhere: two posts with the same events in another order would wait for each other for ever.
_KEEP = text("""
INSERT INTO inbound_events (tenant_id, connection_id, provider, kind, event_id, payload, raw, received_at)
SELECT :tenant, :connection, :provider, :kind, i.event_id, i.payload, i.raw, :now
FROM unnest(CAST(:ids AS text[]), CAST(:payloads AS jsonb[]), CAST(:raws AS bytea[])) AS i(event_id, payload, raw)
ORDER BY i.event_id
ON CONFLICT (tenant_id, provider, event_id) DO NOTHING RETURNING 1
""")
# The longest name that a provider gives (SendGrid: 100) fits twice; what is longer is no name and would not be indexed.
LONGEST_ID = 200
_KICK_KEY = "rex:receive"
_WAKE = Call("control.receive", (), crews.CONTROL_QUEUE, URGENT, expires=30)
# How JSON spells what Postgres does not store in text: NUL, and halves of characters.
_UNSTORABLE = ("\\u0000", "\\ud")


@dataclass(frozen=True, slots=True)
class Source:
    """Where events come from; ``kind`` is one of ``rex_celery.outreach.receiving``'s, such as ``sendgrid.event``."""

    connection_id: UUID | None
    provider: str
    kind: str


@dataclass(frozen=True, slots=True)
class Item:
    """One event as it came. ``event_id`` is the same whenever the same thing is told; ``raw`` is a mail."""

    event_id: str
    payload: dict[str, Any]
    raw: bytes | None = None


def keep(session: Session, tenant_id: UUID, source: Source, items: Sequence[Item]) -> int:
    """Store events for a worker to apply, and have one woken after the commit; gives how many were new.

    Raises:
        RefusedError: an event holds numbers that JSON does not know; nothing is stored.

    """
    if not items:
        return 0
    values = {
        "tenant": tenant_id,
        "connection": source.connection_id,
        "provider": source.provider,
        "kind": source.kind,
        "now": clock.now(),
        "ids": [_name(item.event_id) for item in items],
        "payloads": [_written(item.payload) for item in items],
        "raws": [item.raw for item in items],
    }
    new = len(session.execute(_KEEP, values).all())
    if new:
        db.after_commit(session, wake)
    return new


def named_by(parts: Iterable[str | bytes]) -> str:
    """A name for an event whose provider gives it none: the same for the same words."""
    digest = sha256()
    for part in parts:
        plain = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(plain) + plain)
    return f"sha256:{digest.hexdigest()}"


def wake() -> None:
    """Have a worker apply what waits; many wake-ups in a moment become one."""
    try:
        first = client().set(_KICK_KEY, 1, nx=True, px=100)
    except redis.exceptions.RedisError:
        return  # the timetable looks every second, so a silent Redis only costs that second
    if first:
        broker.publish([_WAKE])


def begin() -> None:
    """Let the next event send a wake-up of its own: it may come too late for the round that begins now."""
    try:
        client().delete(_KICK_KEY)
    except redis.exceptions.RedisError:
        return  # the timetable's next second finds it


def _name(event_id: str) -> str:
    plain = _storable(event_id)
    return plain if 0 < len(plain) <= LONGEST_ID else named_by([event_id])


def _written(payload: dict[str, Any]) -> str:
    try:
        written = json.dumps(payload, allow_nan=False)
        if any(part in written for part in _UNSTORABLE):
            return json.dumps(_cleaned(payload))
    except ValueError as error:
        raise RefusedError("A number in the body is none.", status=400, code="not_json") from error
    return written


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return _storable(value)
        case dict():
            return {_storable(name): _cleaned(part) for name, part in value.items()}
        case list():
            return [_cleaned(part) for part in value]
    return value


def _storable(words: str) -> str:
    plain = words.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
