"""What holds an inbox: the emergency stop, a pause, its circuit breaker, a cap that is used up, the gap it keeps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from rex_celery.explain.views import Hold, hold
from rex_celery.outreach.cap_room import CapRoom

# The columns that ``of`` looks at, of an inbox ``i``, its breaker ``b`` and its tenant ``t``.
COLUMNS = """i.state AS inbox_state, i.reason AS inbox_reason, i.next_free_at, b.state AS breaker_state, b.retry_at,
  t.sending_stopped_at"""
JOINS = "JOIN tenants AS t ON t.id = i.tenant_id LEFT JOIN breakers AS b ON b.inbox_id = i.id"


def of(row: Row[Any], now: datetime, room: Sequence[CapRoom] = ()) -> list[Hold]:
    """What keeps an inbox from sending now, in the order in which it is looked at; ``room`` are its own caps."""
    found = [hold("sending_stopped")] if row.sending_stopped_at else []
    found += [hold(row.inbox_reason or "waiting_sender")] if row.inbox_state != "active" else []
    if row.breaker_state not in {None, "closed"}:
        found.append(hold("waiting_breaker", row.retry_at))
    full = capped(room)
    # It rests for its breaker and for its caps, too; then these are told.
    if row.next_free_at and row.next_free_at > now and not full and "waiting_breaker" not in {o.code for o in found}:
        found.append(hold("waiting_gap", row.next_free_at))
    return found + full


def capped(room: Sequence[CapRoom]) -> list[Hold]:
    """The caps that are used up, each with how much is used of how much."""
    return [_capped(one) for one in room if one.full]


def _capped(one: CapRoom) -> Hold:
    plain = hold(one.reason, one.until)
    return Hold(plain.code, plain.text, plain.action, plain.until, used=one.used, limit=one.limit)
