"""Caps on sending: reserved when a message is claimed, spent when it left, so two workers cannot overspend."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.outreach import policies
from rex_celery.outreach.cap_scopes import NONE, Ask, Own, Scope, Usage, scopes_of
from rex_celery.outreach.policy import Policy

__all__ = ["Ask", "Hold", "release", "reserve", "spend"]

_OWN = text("SELECT id, per_day, per_hour FROM inboxes WHERE id = ANY(CAST(:inboxes AS uuid[]))")
# The tenant's row comes first, the others in one order: a claim that reserves twice, once for each of two campaigns,
# would otherwise meet another in a circle. The update changes nothing; it is what locks a row that is there already.
_FIRST = "c.scope <> 'tenant_day', c.scope, c.key, c.slot"
_TAKE = text(f"""
INSERT INTO cap_usage AS u (tenant_id, scope, key, slot) SELECT :tenant, c.scope, c.key, c.slot
FROM unnest(CAST(:scopes AS text[]), CAST(:keys AS text[]), CAST(:slots AS timestamptz[])) AS c(scope, key, slot)
ORDER BY {_FIRST} ON CONFLICT (tenant_id, scope, key, slot) DO UPDATE SET reserved = u.reserved
RETURNING u.scope, u.key, u.slot, u.reserved + u.committed AS used
""")
_CHANGE = f"""
WITH held AS MATERIALIZED (
  SELECT c.scope, c.key, c.slot, v.n FROM cap_usage AS c
  JOIN unnest(CAST(:scopes AS text[]), CAST(:keys AS text[]), CAST(:slots AS timestamptz[]), CAST(:counts AS int[]))
    AS v(scope, key, slot, n) ON c.scope = v.scope AND c.key = v.key AND c.slot = v.slot
  WHERE c.tenant_id = :tenant ORDER BY {_FIRST} FOR UPDATE OF c)
UPDATE cap_usage AS c SET {{changes}} FROM held
WHERE c.tenant_id = :tenant AND c.scope = held.scope AND c.key = held.key AND c.slot = held.slot
"""
_RESERVE = text(_CHANGE.format(changes="reserved = c.reserved + held.n"))
_RELEASE = text(_CHANGE.format(changes="reserved = GREATEST(c.reserved - held.n, 0)"))
_SPEND = text(_CHANGE.format(changes="reserved = GREATEST(c.reserved - held.n, 0), committed = c.committed + held.n"))


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a message must wait, a code of ``rex_celery.reasons``, and until when there is room again."""

    reason: str
    until: datetime


def reserve(
    session: Session, tenant_id: UUID, asks: Sequence[Ask], policy: Policy, now: datetime
) -> dict[UUID, Hold | None]:
    """Take room for as many of these messages as every cap leaves, in their order; None: it may leave.

    ``policy`` is that of their campaign. An inbox's own caps stand in the place of the policy's. The rows stay locked
    until the transaction ends; what it reserved is settled by ``spend`` or ``release``.
    """
    rows = session.execute(_OWN, {"inboxes": list({ask.inbox_id for ask in asks})})
    own = {row.id: Own(row.per_day, row.per_hour) for row in rows}
    scopes = {ask.message_id: scopes_of(ask, policy, now, own.get(ask.inbox_id, NONE)) for ask in asks}
    used = _locked(session, tenant_id, {scope.usage for found in scopes.values() for scope in found})
    answers: dict[UUID, Hold | None] = {}
    taken: Counter[Usage] = Counter()
    for ask in asks:
        counted = scopes[ask.message_id]
        full = [
            one
            for one in counted
            if ask.held and one.limit is not None and used[one.usage] + taken[one.usage] >= one.limit
        ]
        answers[ask.message_id] = _hold(full)
        if not full:
            taken.update(one.usage for one in counted)
    _apply(session, tenant_id, _RESERVE, taken)
    return answers


def spend(session: Session, tenant_id: UUID, asks: Sequence[Ask], at: datetime) -> None:
    """Count what was reserved at ``at`` as sent."""
    _apply(session, tenant_id, _SPEND, _counted(session, tenant_id, asks, at))


def release(session: Session, tenant_id: UUID, asks: Sequence[Ask], at: datetime) -> None:
    """Give back what was reserved at ``at`` for messages that surely did not leave."""
    _apply(session, tenant_id, _RELEASE, _counted(session, tenant_id, asks, at))


def _hold(full: list[Scope]) -> Hold | None:
    """Of several caps the one that is shut the longest is the one to wait for."""
    last = max(full, key=lambda scope: scope.until, default=None)
    return last and Hold(last.reason, last.until)


def _counted(session: Session, tenant_id: UUID, asks: Sequence[Ask], at: datetime) -> Counter[Usage]:
    policy = policies.of(session, tenant_id)
    return Counter(scope.usage for ask in asks for scope in scopes_of(ask, policy, at))


def _locked(session: Session, tenant_id: UUID, usages: set[Usage]) -> dict[Usage, int]:
    given = {"tenant": tenant_id, **_columns(usages)}
    return {Usage(row.scope, row.key, row.slot): row.used for row in session.execute(_TAKE, given)}


def _apply(session: Session, tenant_id: UUID, statement: Any, counts: Counter[Usage]) -> None:
    if counts:
        given = {"tenant": tenant_id, "counts": list(counts.values()), **_columns(counts)}
        session.execute(statement, given)


def _columns(usages: Iterable[Usage]) -> dict[str, list[Any]]:
    found = list(usages)
    return {
        "scopes": [usage.scope for usage in found],
        "keys": [usage.key for usage in found],
        "slots": [usage.slot for usage in found],
    }
