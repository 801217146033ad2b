"""The tenant's event log, read in order."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

_EVENTS = text(
    "SELECT seq, at, type, mission_id, payload FROM events"
    " WHERE seq > :after AND (CAST(:mission AS uuid) IS NULL OR mission_id = :mission) ORDER BY seq LIMIT :limit"
)
_HEAD = text("SELECT coalesce((SELECT seq FROM event_heads), 0)")


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """Something that happened; ``payload`` is the event's own fields."""

    seq: int
    at: datetime
    type: str
    mission_id: UUID | None
    payload: dict[str, object]


def events(session: Session, after: int, limit: int, mission_id: UUID | None = None) -> list[StoredEvent]:
    """Events behind ``after``, oldest first, of one mission if it is named."""
    rows = session.execute(_EVENTS, {"after": after, "limit": limit, "mission": mission_id})
    return [StoredEvent(*row) for row in rows]


def last_seq(session: Session) -> int:
    """The number of the tenant's newest event, 0 before the first."""
    return int(session.execute(_HEAD).scalar_one())
