"""How fast an inbox may write to one recipient provider: halved when it asks for that, raised again step by step."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

# Messages an hour. The first pace is half of what the inbox sent in a busy hour, and no less than half of this.
_USUAL = 60.0
_SLOWEST = 1.0
# What each accepted message adds: back from the half in twice as many messages, and then on until it is too much.
_RECOVERY = 0.5
# Who has not asked for a day is written to freely again.
_REMEMBERED = timedelta(days=1)
_HOUR = timedelta(hours=1)
_FIRST_HOLD, _LONGEST_HOLD = timedelta(minutes=5), timedelta(hours=4)
_DOUBLINGS = 10
# A hold is up to a fifth longer, so that inboxes that were slowed down together do not come back together.
_JITTER, _SPREAD = 0.2, 1_009

_SLOWED = text("""
SELECT recipient_provider, per_hour, hold_until, deferrals FROM recipient_paces
WHERE inbox_id = :inbox AND recipient_provider = ANY(CAST(:providers AS text[])) AND updated_at > :since
ORDER BY recipient_provider
""")
_LOCKED = text(_SLOWED.text + " FOR UPDATE")
_FORGET = text("""
DELETE FROM recipient_paces
WHERE inbox_id = :inbox AND recipient_provider = ANY(CAST(:providers AS text[])) AND updated_at <= :since
""")
_MAKE = text("""
INSERT INTO recipient_paces (tenant_id, inbox_id, recipient_provider, per_hour, updated_at)
SELECT :tenant, :inbox, :provider, GREATEST(:usual, max(u.reserved + u.committed)), :now FROM cap_usage AS u
WHERE u.tenant_id = :tenant AND u.scope = 'inbox_hour' AND u.key = CAST(:inbox AS text) AND u.slot > :lately
ON CONFLICT DO NOTHING
""")
_SLOWER = text("""
UPDATE recipient_paces SET per_hour = :per_hour, hold_until = :hold_until, deferrals = :deferrals, updated_at = :now
WHERE inbox_id = :inbox AND recipient_provider = :provider
""")
# ``updated_at`` stays the moment of the last deferral.
_FASTER = text("""
UPDATE recipient_paces AS p SET per_hour = v.per_hour, hold_until = v.until, deferrals = 0
FROM unnest(CAST(:providers AS text[]), CAST(:paces AS float8[]), CAST(:untils AS timestamptz[]))
  AS v(provider, per_hour, until)
WHERE p.inbox_id = :inbox AND p.recipient_provider = v.provider
""")


def may(session: Session, inbox_id: UUID, providers: Collection[str], now: datetime) -> dict[str, datetime | None]:
    """For each provider when it may be written to again; None: now."""
    rows = session.execute(_SLOWED, _about(inbox_id, providers, now))
    holds = {row.recipient_provider: row.hold_until for row in rows}
    return {provider: _later(holds.get(provider), now) for provider in providers}


def room(session: Session, inbox_id: UUID, providers: Collection[str], now: datetime) -> dict[str, int]:
    """How many messages one claim may hold for each provider that is slowed down; the others have no limit here.

    One until it accepts again, then as many as its pace has for a minute.
    """
    rows = session.execute(_SLOWED, _about(inbox_id, providers, now))
    return {row.recipient_provider: 1 if row.deferrals else max(1, int(row.per_hour / 60)) for row in rows}


def deferred(  # noqa: PLR0913, PLR0917  who was asked by whom to wait, when and how long
    session: Session,
    tenant_id: UUID,
    inbox_id: UUID,
    provider: str,
    now: datetime,
    retry_after: timedelta | None = None,
) -> None:
    """Note that a recipient provider put a message off (4xx): half the pace, and a hold twice as long as the last.

    Of several answers to one burst the first counts; the others lengthen the hold if they ask for it.
    """
    known = _about(inbox_id, [provider], now) | {"provider": provider, "now": now}
    session.execute(_FORGET, known)
    session.execute(_MAKE, known | {"tenant": tenant_id, "usual": _USUAL, "lately": now - 2 * _HOUR})
    row = session.execute(_LOCKED, known).one()
    asked = now + (retry_after or timedelta())
    if row.deferrals and _later(row.hold_until, now):
        slower = {"per_hour": row.per_hour, "deferrals": row.deferrals, "hold_until": max(row.hold_until, asked)}
    else:
        deferrals = row.deferrals + 1
        until = max(asked, now + _hold(inbox_id, provider, deferrals))
        slower = {"per_hour": max(row.per_hour / 2, _SLOWEST), "deferrals": deferrals, "hold_until": until}
    session.execute(_SLOWER, known | slower)


def went_well(session: Session, inbox_id: UUID, counts: Mapping[str, int], now: datetime) -> None:
    """Note how many messages each provider accepted: a slowed one may have more an hour, each in its time."""
    if not counts:
        return
    # What is accepted while it is held began before somebody was asked to wait.
    found = session.execute(_LOCKED, _about(inbox_id, counts, now))
    rows = [row for row in found if not (row.deferrals and _later(row.hold_until, now))]
    if not rows:
        return
    providers = [row.recipient_provider for row in rows]
    paces = [row.per_hour + _RECOVERY * counts[row.recipient_provider] for row in rows]
    untils = [now + _HOUR * (counts[name] / pace) for name, pace in zip(providers, paces, strict=True)]
    session.execute(_FASTER, {"inbox": inbox_id, "providers": providers, "paces": paces, "untils": untils})


def _about(inbox_id: UUID, providers: Iterable[str], now: datetime) -> dict[str, Any]:
    return {"inbox": inbox_id, "providers": list(providers), "since": now - _REMEMBERED}


def _later(at: datetime | None, now: datetime) -> datetime | None:
    return at if at is not None and at > now else None


def _hold(inbox_id: UUID, provider: str, deferrals: int) -> timedelta:
    doubled = min(_FIRST_HOLD * (1 << min(deferrals - 1, _DOUBLINGS)), _LONGEST_HOLD)
    # The same on every try, and another for each inbox, provider and turn.
    share = (inbox_id.int + sum(provider.encode()) * 31 + deferrals * 7) % _SPREAD / _SPREAD
    return doubled * (1 + _JITTER * share)
