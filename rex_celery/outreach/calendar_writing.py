"""Writing our meetings into hosts' calendars: read, call, record; what was changed meanwhile is written anew."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, text

from rex_celery import broker, clock, crews, db
from rex_celery.errors import NotFoundError, ProviderRejectedError, ProviderUnavailableError
from rex_celery.flow import NORMAL, Call
from rex_celery.integrations.caldav_calendar import CaldavCalendar
from rex_celery.meetings import ics, links, schedule
from rex_celery.outreach import calendars

log = structlog.get_logger()

# As many in a round as a calendar takes in some seconds; the next round takes the next.
_MOST = 50
_EXPIRES = 60
_TENANTS = text(
    "SELECT DISTINCT tenant_id FROM connections WHERE provider = 'caldav' AND state = 'active' ORDER BY tenant_id"
)
_WAITING = text("""
SELECT m.id, m.calendar_state AS state, m.sequence, p.connection_id FROM meetings AS m
JOIN booking_pages AS p ON p.id = m.page_id
WHERE m.calendar_state IN ('to_write', 'to_delete') AND m.ends_at > :now
ORDER BY p.connection_id, m.updated_at, m.id LIMIT :most
""")
# What a calendar never took while it mattered.
_TOO_LATE = text("""
UPDATE meetings SET calendar_state = 'failed' WHERE calendar_state IN ('to_write', 'to_delete') AND ends_at <= :now
""")
_RECORD = text("""
UPDATE meetings SET calendar_state = :after, note = coalesce(:note, note)
WHERE id = :id AND calendar_state = :before AND sequence = :sequence
""")
# It was moved or cancelled while we wrote: whatever the calendar holds now may be the older of the two.
_AGAIN = text("""
UPDATE meetings SET calendar_state = CASE state WHEN 'cancelled' THEN 'to_delete' ELSE 'to_write' END WHERE id = :id
""")
_TELL = text(
    "UPDATE connections SET error = :error, updated_at = :now WHERE id = :id AND error IS DISTINCT FROM :error"
)


def find_work() -> int:
    """Have a worker look after the calendars of every tenant that has one; gives how many tenants."""
    with db.control() as session:
        tenants = session.scalars(_TENANTS).all()
    if tenants:
        queue = crews.queue_of(crews.Crew.SPECIAL_FORCES)
        calls = [
            Call("special_forces.write_calendars", (str(one),), queue, NORMAL, expires=_EXPIRES) for one in tenants
        ]
        broker.publish(calls)
    return len(tenants)


def write(tenant_id: UUID) -> int:
    """Bring a tenant's calendars up to date; gives how many events were written or taken out. Safe side by side."""
    now = clock.now()
    with db.transaction(tenant_id) as session:
        session.execute(_TOO_LATE, {"now": now})
        waiting = session.execute(_WAITING, {"now": now, "most": _MOST}).all()
    return sum(
        _write_all(tenant_id, connection_id, list(rows), now)
        for connection_id, rows in groupby(waiting, lambda row: row.connection_id)
    )


def _write_all(tenant_id: UUID, connection_id: UUID | None, waiting: Sequence[Row[Any]], now: datetime) -> int:
    """One calendar's meetings; when it does not answer, all of them wait for the next round."""
    if connection_id is None:
        for row in waiting:
            _record(tenant_id, row, "failed", "The page has no calendar any more.")
        return 0
    done, error = 0, None
    try:
        with CaldavCalendar(calendars.account(tenant_id, connection_id)) as calendar:
            for row in waiting:
                _write(tenant_id, calendar, row)
                done += 1
    except ProviderUnavailableError as trouble:
        error = trouble.detail
        log.warning("calendar_not_written", connection_id=str(connection_id), error=error)
    with db.transaction(tenant_id) as session:
        session.execute(_TELL, {"id": connection_id, "error": error, "now": now})
    return done


def _write(tenant_id: UUID, calendar: CaldavCalendar, row: Row[Any]) -> None:
    try:
        if row.state == "to_delete":
            calendar.delete(ics.uid(row.id))
            _record(tenant_id, row, "deleted")
        else:
            with db.transaction(tenant_id) as session:
                meeting = schedule.get(session, row.id)
            calendar.put(ics.uid(row.id), ics.write(meeting, None, links.meeting_link(tenant_id, row.id)))
            _record(tenant_id, row, "written")
    except NotFoundError:
        return  # the person was erased, and the meeting with them
    except ProviderRejectedError as refusal:
        log.warning("calendar_refused", meeting_id=str(row.id), code=refusal.code)
        _record(tenant_id, row, "failed", refusal.detail)


def _record(tenant_id: UUID, row: Row[Any], after: str, note: str | None = None) -> None:
    values = {"id": row.id, "before": row.state, "sequence": row.sequence, "after": after, "note": note}
    with db.transaction(tenant_id) as session:
        recorded = session.execute(_RECORD, values)
        if not recorded.rowcount:  # type: ignore[attr-defined]
            session.execute(_AGAIN, {"id": row.id})
