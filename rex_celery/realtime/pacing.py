"""How fast events go out: all of them and in order, but progress of one mission at most four times a second."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from rex_celery.realtime.feed import StoredEvent

PROGRESS = "mission.progress"
# Four pictures a second look alive; a mission in full run would otherwise paint a hundred.
PROGRESS_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Portion:
    """What may go out now; the rest may after ``wait`` seconds (None: there is no rest)."""

    events: tuple[StoredEvent, ...]
    position: int
    wait: float | None = None


def newest_progress(events: Sequence[StoredEvent]) -> list[StoredEvent]:
    """The events without those reports of progress that a later one of the same mission replaces."""
    last = {event.mission_id: event.seq for event in events if event.type == PROGRESS}
    return [event for event in events if event.type != PROGRESS or last[event.mission_id] == event.seq]


def portion(events: Sequence[StoredEvent], shown: Mapping[UUID | None, float], now: float) -> Portion:
    """Cut ``events`` (not empty, in order) before the first report of progress that comes too soon.

    Cutting, rather than taking that report out, keeps the order, so one number tells how far a client has read.
    ``shown`` says when each mission's progress last went out; it and ``now`` are seconds of one clock.
    """
    ready: list[StoredEvent] = []
    position = events[0].seq - 1
    for event in newest_progress(events):
        if event.type == PROGRESS:
            wait = shown.get(event.mission_id, now - PROGRESS_SECONDS) + PROGRESS_SECONDS - now
            if wait > 0:
                return Portion(tuple(ready), position, wait)
        ready.append(event)
        position = event.seq
    return Portion(tuple(ready), events[-1].seq)


def remember(shown: dict[UUID | None, float], events: Iterable[StoredEvent], now: float) -> None:
    """Note in ``shown`` which missions' progress goes out now, and forget what is too old to matter."""
    for mission in [mission for mission, at in shown.items() if now - at > PROGRESS_SECONDS]:
        del shown[mission]
    shown.update({event.mission_id: now for event in events if event.type == PROGRESS})
