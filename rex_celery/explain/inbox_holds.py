"""What holds an inbox: the emergency stop, a pause, its circuit breaker, a cap that is used up, the gap it keeps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from rex_celery.explain.views import Hold, hold
from rex_celery.outreach import cap_room, policies
from rex_celery.outreach.cap_room import CapRoom
from rex_celery.outreach.cap_scopes import Ask, Own
from rex_celery.outreach.inboxes import Inbox

_NOBODY = UUID(int=0)

# The columns that ``of`` looks at, of an inbox ``i``, its breaker ``b`` and its tenant ``t``.
COLUMNS = """i.state AS inbox_state, i.reason AS inbox_reason, i.next_free_at, b.state AS breaker_state, b.retry_at,
  t.sending_stopped_at"""
JOINS = "JOIN tenants AS t ON t.id = i.tenant_id LEFT JOIN breakers AS b ON b.inbox_id = i.id"


def of(row: Row[Any], now: datetime, caps: Sequence[CapRoom] = ()) -> list[Hold]:
    """What keeps an inbox from sending now, in the order in which it is looked at; ``caps`` are its own."""
    found = [hold("sending_stopped")] if row.sending_stopped_at else []
    found += [hold(row.inbox_reason or "waiting_sender")] if row.inbox_state != "active" else []
    if row.breaker_state not in {None, "closed"}:
        found.append(hold("waiting_breaker", row.retry_at))
    full = capped(caps)
    # It rests for its breaker and for its caps, too; then these are told.
    if row.next_free_at and row.next_free_at > now and not full and "waiting_breaker" not in {o.code for o in found}:
        found.append(hold("waiting_gap", row.next_free_at))
    return found + full


def room(session: Session, tenant_id: UUID, found: Row[Any] | Inbox, now: datetime) -> list[CapRoom]:
    """The caps of the inbox itself, its domain and the tenant; those of campaigns and readers are their messages'."""
    ask = Ask(_NOBODY, _NOBODY, found.id, found.domain, "", None, new_lead=False)
    own = Own(found.per_day, found.per_hour)
    return cap_room.room(session, tenant_id, ask, policies.of(session, tenant_id), now, own)


def capped(room: Sequence[CapRoom]) -> list[Hold]:
    """The caps that are used up, each with how much is used of how much."""
    return [_capped(one) for one in room if one.full]


def _capped(one: CapRoom) -> Hold:
    plain = hold(one.reason, one.until)
    return Hold(plain.code, plain.text, plain.action, plain.until, used=one.used, limit=one.limit)
