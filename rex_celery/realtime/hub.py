"""Everybody who listens: joining a topic without a gap or a repetition, leaving, and losing one's right to listen."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from rex_celery.errors import InvalidError, NotFoundError
from rex_celery.realtime import feed, pacing
from rex_celery.realtime.feed import StoredEvent
from rex_celery.realtime.stream import BATCH, Rooms, Stream, as_message
from rex_celery.realtime.topics import MOST_TOPICS, mission_of, parse, room, topics_of

# Past this many events a client is quicker to fetch the present state than to replay how it came about.
LONGEST_REPLAY = 5_000
_GLANCE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Joined:
    """The answer to a subscription: all topics of the client, and the number up to which it has now seen them."""

    seq: int
    topics: tuple[str, ...]


@dataclass(slots=True)
class Listener:
    """One client. ``since`` says of each topic after which number the client has had everything."""

    id: str
    tenant_id: UUID
    since: dict[str, int] = field(default_factory=dict)
    # Two subscriptions of one client at once would both replay what their topics share.
    turn: threading.Lock = field(default_factory=threading.Lock)

    def had(self, event: StoredEvent) -> bool:
        """Whether a topic that was joined earlier brought this event already."""
        return any(self.since.get(topic, event.seq) < event.seq for topic in topics_of(event.type, event.mission_id))


class Hub:
    """The clients of this process and the streams they listen to; ``rooms`` is the socket server."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._listeners: dict[str, Listener] = {}
        self._streams: dict[UUID, Stream] = {}

    def enter(self, client: str, tenant_id: UUID) -> None:
        """A client whose credentials were found good has connected."""
        self._listeners[client] = Listener(client, tenant_id)

    def exit(self, client: str) -> None:
        """A client is gone; it may be back soon, so its tenant's stream goes on until the next look."""
        self._listeners.pop(client, None)

    def wake(self, tenant_id: UUID, seq: int) -> None:
        """Redis says that this tenant's log reaches ``seq`` now."""
        stream = self._streams.get(tenant_id)
        if stream:
            stream.wake(seq)

    def look(self) -> None:
        """Ask Postgres how far each tenant's log reaches, so that a silent Redis costs seconds and no event.

        Streams that nobody listens to end here.

        Raises:
            UnavailableError: Postgres does not answer.

        """
        wanted = {listener.tenant_id for listener in self._listeners.values()}
        for tenant_id in self._streams.keys() - wanted:
            self._streams.pop(tenant_id).close()
        if self._streams:
            for tenant_id, seq in feed.heads(list(self._streams)).items():
                self.wake(tenant_id, seq)

    def subscribe(self, client: str, names: Iterable[object], after: int | None) -> Joined:
        """Send the client what it missed after ``after`` (None: nothing), then everything new.

        Raises:
            InvalidError: a topic or ``after`` makes no sense.
            NotFoundError: the tenant has no such mission, or the client is gone.

        """
        topics = parse(names)
        listener = self._listener(client)
        _check(listener, topics, after)
        with listener.turn:
            stream = self._stream(listener.tenant_id)
            seen = self._replay(stream, listener, topics, after)
            # No waiting from here on: nothing can go out between the replay's end and the joining.
            for topic in topics:
                self._rooms.join(client, room(listener.tenant_id, topic))
                listener.since[topic] = min(seen, listener.since.get(topic, seen))
            return Joined(stream.position, tuple(listener.since))

    def unsubscribe(self, client: str, names: Iterable[object]) -> Joined:
        """Leave topics; one that was not joined does not matter.

        Raises:
            InvalidError: a name is no topic.
            NotFoundError: the client is gone.

        """
        topics = parse(names)
        listener = self._listener(client)
        with listener.turn:
            for topic in topics:
                listener.since.pop(topic, None)
                self._rooms.leave(client, room(listener.tenant_id, topic))
            return Joined(self._stream(listener.tenant_id).position, tuple(listener.since))

    def _listener(self, client: str) -> Listener:
        if client not in self._listeners:
            raise NotFoundError("This connection has ended.", code="connection_ended")
        return self._listeners[client]

    def _stream(self, tenant_id: UUID) -> Stream:
        if tenant_id not in self._streams:
            head = feed.heads([tenant_id])[tenant_id]
            if tenant_id not in self._streams:  # reading took time, and another client may have been quicker
                stream = self._streams[tenant_id] = Stream(tenant_id, self._rooms, head)
                threading.Thread(target=stream.run, daemon=True, name=f"stream-{tenant_id}").start()
        return self._streams[tenant_id]

    def _replay(self, stream: Stream, listener: Listener, topics: tuple[str, ...], after: int | None) -> int:
        """Send what was missed; the number after which the client now has everything of these topics."""
        if after is None:
            return stream.position
        _await_position(stream, after)
        if not 0 <= stream.position - after <= LONGEST_REPLAY:
            return self._resync(stream, listener)
        cursor = after
        while cursor < stream.position:
            events = feed.read(listener.tenant_id, cursor, upto=stream.position, limit=BATCH)
            if not events or events[0].seq != cursor + 1:
                return self._resync(stream, listener)  # that part of the log is no longer kept
            for event in pacing.newest_progress(events):
                if set(topics) & set(topics_of(event.type, event.mission_id)) and not listener.had(event):
                    self._rooms.emit("event", as_message(event), listener.id)
            cursor = events[-1].seq
        return after

    def _resync(self, stream: Stream, listener: Listener) -> int:
        """Have the client fetch the present state instead."""
        self._rooms.emit("resync", {"seq": stream.position}, listener.id)
        return stream.position


def _check(listener: Listener, topics: tuple[str, ...], after: int | None) -> None:
    if len(listener.since.keys() | set(topics)) > MOST_TOPICS:
        raise InvalidError(f"A client may have {MOST_TOPICS} topics.", code="too_many_topics")
    if after is not None and after < 0:
        raise InvalidError("after is a sequence number, 0 or more.", code="invalid_after")
    for topic in topics:
        mission = mission_of(topic)
        if mission and not feed.has_mission(listener.tenant_id, mission):
            raise NotFoundError(f"There is no mission {mission}.", code="mission_not_found")


def _await_position(stream: Stream, after: int) -> None:
    """A client that asked the API may know of events that have not gone out yet; they are on their way."""
    if after > stream.position and after <= feed.heads([stream.tenant_id])[stream.tenant_id]:
        while stream.position < after and not stream.closed:
            stream.wake(after)
            time.sleep(_GLANCE_SECONDS)
