"""Looking at what came in: what was not understood, what failed and why, and having it tried again."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import clock, db, paging
from rex_celery.errors import ConflictError, NotFoundError
from rex_celery.paging import Page
from rex_celery.webhooks import receive

_SHOWN = "id, provider, kind, connection_id, event_id, state, attempts, note, run_after, received_at, applied_at"
_PAGE = text(f"""
SELECT {_SHOWN} FROM inbound_events
WHERE (CAST(:state AS text) IS NULL OR state = :state) AND (CAST(:kind AS text) IS NULL OR kind = :kind)
  AND (CAST(:since AS timestamptz) IS NULL OR (received_at, id) < (:since, :id))
ORDER BY received_at DESC, id DESC LIMIT :limit
""")
_AGAIN = text(f"""
UPDATE inbound_events SET state = 'pending', attempts = 0, run_after = NULL, applied_at = NULL
WHERE id = :id AND state IN ('failed', 'unmatched', 'ignored') RETURNING {_SHOWN}
""")
_STATE = text("SELECT state FROM inbound_events WHERE id = :id")
_WAITING = text("SELECT count(*), min(received_at) FROM inbound_events WHERE state = 'pending'")


@dataclass(frozen=True, slots=True)
class InboundEvent:
    """Something a provider told, and what became of it; ``note`` says why where it was not simply applied."""

    id: int
    provider: str
    kind: str
    connection_id: UUID | None
    event_id: str
    state: str
    attempts: int
    note: str | None
    run_after: datetime | None
    received_at: datetime
    applied_at: datetime | None


def page(
    session: Session, *, state: str | None, kind: str | None, limit: int, cursor: str | None
) -> Page[InboundEvent]:
    """What came in, the newest first.

    Raises:
        InvalidError: the cursor is not one of this list.

    """
    since, last = paging.read_cursor(cursor, datetime.fromisoformat, int) if cursor else (None, None)
    values = {"state": state, "kind": kind, "since": since, "id": last, "limit": limit + 1}
    rows = session.execute(_PAGE, values).all()
    return paging.cut(rows, limit, lambda row: InboundEvent(*row), lambda row: (row.received_at, row.id))


def waiting(control: Session) -> tuple[int, float]:
    """How many events of all tenants wait to be applied, and for how many seconds the oldest does."""
    count, since = control.execute(_WAITING).one()
    return count, (clock.now() - since).total_seconds() if since else 0.0


def again(session: Session, event_id: int) -> InboundEvent:
    """Have an event tried again that failed or named nothing that was known then.

    Raises:
        NotFoundError: there is no such event, or it is forgotten already.
        ConflictError: it waits or was applied.

    """
    row = session.execute(_AGAIN, {"id": event_id}).one_or_none()
    if row is not None:
        db.after_commit(session, receive.wake)
        return InboundEvent(*row)
    state = session.execute(_STATE, {"id": event_id}).scalar()
    if state is None:
        raise NotFoundError("There is no such event.", action="See GET /api/rex/webhooks/in.")
    raise ConflictError(f"This event is {state}.", action="Only what failed or matched nothing can be tried again.")
