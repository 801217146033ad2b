"""One tenant's live stream: reads what is new once, hands it to everybody who listens, and knows how far it is."""

import threading
import time
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from rex_celery.errors import UnavailableError
from rex_celery.realtime import feed, pacing
from rex_celery.realtime.feed import StoredEvent
from rex_celery.realtime.topics import room, topics_of

log = structlog.get_logger()

# Events come in bursts; one look at the table serves all that were committed in this time.
SHORTEST_PAUSE = 0.02
AFTER_TROUBLE = 2.0
BATCH = 500


class Rooms(Protocol):
    """What the socket server does for a stream. Nothing here may wait: order and completeness rest on that."""

    def emit(self, name: str, payload: dict[str, object], to: str | list[str]) -> None:
        """Send to one client, or once to everybody who is in at least one of these rooms."""

    def join(self, client: str, room: str) -> None: ...

    def leave(self, client: str, room: str) -> None: ...


@dataclass(slots=True)
class Stream:
    """``position`` is the last sequence number that went out to the rooms."""

    tenant_id: UUID
    rooms: Rooms
    position: int
    closed: bool = False
    _wake: threading.Event = field(default_factory=threading.Event)
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _shown: dict[UUID | None, float] = field(default_factory=dict)

    def wake(self, seq: int) -> None:
        """Something was committed under this number."""
        if seq > self.position:
            self._wake.set()

    def close(self) -> None:
        """Let ``run`` return."""
        self.closed = True
        self._wake.set()

    def run(self) -> None:
        """Follow the log until closed; trouble with the database is waited out."""
        pause: float | None = None
        while True:
            self._wake.wait(pause)
            self._wake.clear()
            if self.closed:
                return
            try:
                pause = self.advance()
            except (UnavailableError, SQLAlchemyError) as error:
                log.warning("feed_unavailable", tenant_id=self.tenant_id, error=type(error).__name__)
                pause = AFTER_TROUBLE
            time.sleep(SHORTEST_PAUSE)

    def advance(self) -> float | None:
        """Send out what is new; seconds until there may be more to send, or None when all is out."""
        with self._turn:
            events = feed.read(self.tenant_id, self.position, limit=BATCH)
            if not events:
                return None
            now = time.monotonic()
            part = pacing.portion(events, self._shown, now)
            pacing.remember(self._shown, part.events, now)
            for event in part.events:
                topics = topics_of(event.type, event.mission_id)
                self.rooms.emit("event", as_message(event), [room(self.tenant_id, topic) for topic in topics])
            # Nothing waits between the last emit and this: who joins sees either both or neither.
            self.position = part.position
            return part.wait if len(events) < BATCH else part.wait or 0.0


def as_message(event: StoredEvent) -> dict[str, object]:
    """An event as clients get it."""
    return {
        "seq": event.seq,
        "at": event.at.isoformat(),
        "type": event.type,
        "topic": topics_of(event.type, event.mission_id)[0],
        "mission_id": str(event.mission_id) if event.mission_id else None,
        "payload": dict(event.payload),
    }
