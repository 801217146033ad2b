"""Explaining an inbox: what holds it, what of its caps is used, what waits for it, and what it sent lately."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.explain import inbox_holds, waits
from rex_celery.explain.views import Day, Hold, InboxExplained, Slowed, Waiting
from rex_celery.outreach import inboxes

SHOWN_DAYS = 14

_HELD = text(f"SELECT {inbox_holds.COLUMNS} FROM inboxes AS i {inbox_holds.JOINS} WHERE i.id = :inbox")
_SLOWED = text("""
SELECT recipient_provider, per_hour, hold_until FROM recipient_paces
WHERE inbox_id = :inbox AND updated_at > :since ORDER BY recipient_provider
""")
_DAYS = text("""
SELECT day, jsonb_object_agg(state, n) AS states FROM (
  SELECT (sent_at AT TIME ZONE 'UTC')::date AS day, state, count(*) AS n FROM messages
  WHERE inbox_id = :inbox AND sent_at > :since AND sent_at <= :now GROUP BY 1, 2) AS d
GROUP BY day ORDER BY day DESC
""")


def explain(session: Session, tenant_id: UUID, inbox_id: UUID, now: datetime) -> InboxExplained:
    """Why an inbox sends or does not at ``now``; changes nothing.

    Raises:
        NotFoundError: the tenant has no such inbox.

    """
    found, mine = inboxes.get(session, inbox_id), {"inbox": inbox_id, "now": now}
    room = inbox_holds.room(session, tenant_id, found, now)
    held = inbox_holds.of(session.execute(_HELD, mine).one(), now, room)
    waiting = waits.of(session, now, inbox_id=inbox_id)
    days = session.execute(_DAYS, mine | {"since": now - timedelta(days=SHOWN_DAYS)})
    slowed = session.execute(_SLOWED, mine | {"since": now - timedelta(days=1)})
    return InboxExplained(
        inbox=found,
        summary=_summary(held, waiting),
        holds=held,
        caps=room,
        slowed=[_slowed(row, now) for row in slowed],
        waiting=waiting,
        next_at=min((one.next_at for one in waiting if one.next_at), default=None),
        days=[Day(row.day, row.states) for row in days],
    )


def _slowed(row: Row[Any], now: datetime) -> Slowed:
    until = row.hold_until if row.hold_until and row.hold_until > now else None
    return Slowed(row.recipient_provider, row.per_hour, until)


def _summary(held: list[Hold], waiting: list[Waiting]) -> str:
    count = sum(one.count for one in waiting)
    left = f"{count} message{'' if count == 1 else 's'} wait{'s' if count == 1 else ''} for it."
    return f"It does not send now: {held[0].text} {left}" if held else f"Nothing holds it. {left}"
