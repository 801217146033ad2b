import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import psycopg
import pytest

from rex_celery import bus, db
from rex_celery.errors import InvalidError, NotFoundError
from rex_celery.events import MissionMoved, SendingStopped
from rex_celery.realtime import hub as hub_module
from rex_celery.realtime.hub import Hub
from tests.factories import a_mission

PATIENCE = 5.0


@dataclass
class RecordingRooms:
    """A socket server that keeps what each client was sent, as Socket.IO delivers it: once per client."""

    members: dict[str, set[str]] = field(default_factory=dict)
    sent: dict[str, list[tuple[str, dict]]] = field(default_factory=dict)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def emit(self, name: str, payload: dict[str, object], to: str | list[str]) -> None:
        rooms = [to] if isinstance(to, str) else to
        clients = {client for room in rooms for client in self.members.get(room, {room})}
        with self.arrived:
            for client in clients:
                self.sent.setdefault(client, []).append((name, payload))
            self.arrived.notify_all()

    def join(self, client: str, room: str) -> None:
        self.members.setdefault(room, set()).add(client)

    def leave(self, client: str, room: str) -> None:
        self.members.get(room, set()).discard(client)

    def numbers(self, client: str, name: str = "event") -> list[int]:
        return [payload["seq"] for kind, payload in self.sent.get(client, []) if kind == name]

    def wait_for(self, client: str, seq: int) -> list[int]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: seq in self.numbers(client), PATIENCE), self.sent
        return self.numbers(client)


@pytest.fixture
def rooms() -> RecordingRooms:
    return RecordingRooms()


@pytest.fixture
def hub(rooms: RecordingRooms) -> Iterator[Hub]:
    made = Hub(rooms)
    yield made
    made._listeners.clear()
    made.look()


def publish(tenant: UUID, count: int = 1, mission: UUID | None = None) -> None:
    event = MissionMoved(mission, "queued", "assigned") if mission else SendingStopped(None)
    with db.transaction(tenant) as session:
        bus.publish(session, tenant, *[event] * count)


def mission_of(tenant: UUID) -> UUID:
    with db.transaction(tenant) as session:
        return a_mission(session, tenant).id


def test_a_new_client_hears_of_what_happens_from_now_on(hub: Hub, rooms: RecordingRooms, tenant: UUID) -> None:
    publish(tenant, 3)
    hub.enter("ada", tenant)
    assert hub.subscribe("ada", ["system"], None).seq == 3
    publish(tenant)
    hub.wake(tenant, 4)
    assert rooms.wait_for("ada", 4) == [4]


def test_a_returning_client_gets_what_it_missed_and_then_the_rest(
    hub: Hub, rooms: RecordingRooms, tenant: UUID
) -> None:
    publish(tenant, 3)
    hub.enter("ada", tenant)
    joined = hub.subscribe("ada", ["system"], 1)
    assert (joined.seq, joined.topics) == (3, ("system",))
    publish(tenant)
    hub.look()
    assert rooms.wait_for("ada", 4) == [2, 3, 4]


def test_only_what_belongs_to_the_topics_is_replayed(hub: Hub, rooms: RecordingRooms, tenant: UUID) -> None:
    mission, other = mission_of(tenant), mission_of(tenant)
    publish(tenant)
    publish(tenant, mission=mission)
    publish(tenant, mission=other)
    hub.enter("ada", tenant)
    hub.subscribe("ada", [f"mission:{mission}"], 0)
    assert rooms.numbers("ada") == [2]


def test_a_second_topic_brings_nothing_twice(hub: Hub, rooms: RecordingRooms, tenant: UUID) -> None:
    mission = mission_of(tenant)
    publish(tenant)
    hub.enter("ada", tenant)
    hub.subscribe("ada", ["missions"], 0)
    publish(tenant, mission=mission)
    hub.look()
    assert rooms.wait_for("ada", 2) == [2]
    hub.subscribe("ada", [f"mission:{mission}", "system"], 0)
    assert rooms.numbers("ada") == [2, 1]
    publish(tenant, mission=mission)
    hub.look()
    assert rooms.wait_for("ada", 3) == [2, 1, 3]


def test_asking_again_from_further_back_brings_only_what_is_new_to_the_client(
    hub: Hub, rooms: RecordingRooms, tenant: UUID
) -> None:
    publish(tenant, 4)
    hub.enter("ada", tenant)
    hub.subscribe("ada", ["system"], 2)
    hub.subscribe("ada", ["system"], 1)
    hub.subscribe("ada", ["system"], 3)
    assert rooms.numbers("ada") == [3, 4, 2]


def test_two_tenants_never_hear_of_each_other(
    hub: Hub, rooms: RecordingRooms, tenant: UUID, other_tenant: UUID
) -> None:
    hub.enter("ada", tenant)
    hub.enter("bob", other_tenant)
    hub.subscribe("ada", ["system"], 0)
    hub.subscribe("bob", ["system"], 0)
    publish(tenant)
    publish(other_tenant, 2)
    hub.look()
    assert rooms.wait_for("ada", 1) == [1]
    assert rooms.wait_for("bob", 2) == [1, 2]
    assert rooms.numbers("ada") == [1]


def test_an_unsubscribed_topic_is_silent(hub: Hub, rooms: RecordingRooms, tenant: UUID) -> None:
    mission = mission_of(tenant)
    hub.enter("ada", tenant)
    hub.subscribe("ada", ["system", "missions"], 0)
    assert hub.unsubscribe("ada", ["system", "agents"]).topics == ("missions",)
    publish(tenant)
    publish(tenant, mission=mission)
    hub.look()
    assert rooms.wait_for("ada", 2) == [2]


def test_a_client_too_far_behind_is_told_to_fetch_the_present_state(
    hub: Hub, rooms: RecordingRooms, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "LONGEST_REPLAY", 3)
    publish(tenant, 5)
    hub.enter("ada", tenant)
    assert hub.subscribe("ada", ["system"], 1).seq == 5
    assert rooms.sent["ada"] == [("resync", {"seq": 5})]
    publish(tenant)
    hub.look()
    assert rooms.wait_for("ada", 6) == [6]


def test_a_client_from_a_replaced_database_is_told_to_start_afresh(
    hub: Hub, rooms: RecordingRooms, tenant: UUID
) -> None:
    publish(tenant, 2)
    hub.enter("ada", tenant)
    hub.subscribe("ada", ["system"], 40)
    assert rooms.sent["ada"] == [("resync", {"seq": 2})]


def test_a_log_whose_beginning_was_removed_is_not_passed_off_as_whole(
    hub: Hub, rooms: RecordingRooms, tenant: UUID, owner_connection: psycopg.Connection[tuple[object, ...]]
) -> None:
    publish(tenant, 4)
    owner_connection.execute("DELETE FROM events WHERE tenant_id = %s AND seq <= 2", [tenant])
    hub.enter("ada", tenant)
    hub.subscribe("ada", ["system"], 1)
    assert rooms.sent["ada"] == [("resync", {"seq": 4})]


def test_a_client_that_read_ahead_over_http_gets_nothing_again(hub: Hub, rooms: RecordingRooms, tenant: UUID) -> None:
    hub.enter("ada", tenant)
    hub.subscribe("ada", ["system"], None)
    publish(tenant, 2)
    hub.enter("bob", tenant)
    assert hub.subscribe("bob", ["system"], 2).seq == 2
    publish(tenant)
    hub.look()
    assert rooms.wait_for("bob", 3) == [3]


def test_a_mission_of_another_tenant_cannot_be_followed(hub: Hub, tenant: UUID, other_tenant: UUID) -> None:
    theirs = mission_of(other_tenant)
    hub.enter("ada", tenant)
    with pytest.raises(NotFoundError):
        hub.subscribe("ada", [f"mission:{theirs}"], None)
    with pytest.raises(NotFoundError):
        hub.subscribe("ada", [f"mission:{uuid4()}"], None)


def test_a_refused_subscription_joins_nothing(hub: Hub, rooms: RecordingRooms, tenant: UUID) -> None:
    hub.enter("ada", tenant)
    with pytest.raises(InvalidError):
        hub.subscribe("ada", ["system", "nonsense"], None)
    assert rooms.members == {}


def test_nobody_collects_topics_without_end(hub: Hub, tenant: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "MOST_TOPICS", 2)
    hub.enter("ada", tenant)
    hub.subscribe("ada", ["system", "agents"], None)
    with pytest.raises(InvalidError):
        hub.subscribe("ada", ["errors"], None)


def test_a_client_that_has_gone_joins_nothing(hub: Hub, tenant: UUID) -> None:
    hub.enter("ada", tenant)
    hub.exit("ada")
    with pytest.raises(NotFoundError):
        hub.subscribe("ada", ["system"], None)


def test_a_stream_ends_when_nobody_listens(hub: Hub, tenant: UUID) -> None:
    hub.enter("ada", tenant)
    hub.subscribe("ada", ["system"], None)
    stream = hub._streams[tenant]
    hub.exit("ada")
    hub.look()
    assert stream.closed
    assert hub._streams == {}
