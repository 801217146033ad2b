"""The real socket server in its own process, spoken to by the real Socket.IO client."""

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

import flask
import psycopg
import pytest
import socketio
from flask.sessions import SecureCookieSessionInterface

from rex_celery import bus, db, redis
from rex_celery.config import CHECKOUT
from rex_celery.embedded import ports, servers
from rex_celery.embedded.services import Services
from rex_celery.events import MissionMoved, MissionProgressed, SendingStopped
from rex_celery.realtime import feed
from rex_celery.tenancy import keys
from rex_celery.tenancy.access import Role
from rex_celery.tenancy.keys import NewKey
from tests.factories import a_mission

PATIENCE = 10.0
PUBLIC = "http://127.0.0.1:8899"


@dataclass(frozen=True)
class Live:
    """The running server."""

    process: subprocess.Popen[str]
    url: str
    secret: str


@pytest.fixture(scope="module")
def live(database: Services) -> Iterator[Live]:
    port = ports.free_port()
    own = {"REX_LIVE_PORT": str(port), "REX_PUBLIC_URL": PUBLIC}
    environment = {**os.environ, **database.environment(), **own}  # noqa: TID251  a child's
    with subprocess.Popen(
        [sys.executable, "-m", "web.live"], env=environment, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    ) as process:
        url = f"http://127.0.0.1:{port}"
        assert servers.wait_until(lambda: _healthy(url), seconds=30), process.poll()
        yield Live(process, url, database.secret_key)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url + "/health", timeout=2) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except OSError:
        return False


@dataclass
class Listener:
    """A client that keeps what it was sent, as a browser does."""

    url: str
    auth: dict[str, str] | None = None
    cookie: str = ""
    origin: str | None = None
    received: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    last_seq: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def connect(self) -> "Listener":
        origin = {"origin": self.origin} if self.origin else {}
        self.socket = socketio.Client(reconnection=False, websocket_extra_options=origin)
        for name in ("event", "resync", "disconnect", "connect_error"):
            self.socket.on(name, self._keep(name))
        cookie = {"Cookie": self.cookie} if self.cookie else {}
        self.socket.connect(self.url, auth=self.auth, headers=cookie, transports=["websocket"], wait_timeout=10)
        return self

    def is_refused(self) -> str:
        """Try to connect; the code with which the server says no."""
        with pytest.raises(socketio.exceptions.ConnectionError):
            self.connect()
        self.wait_for(lambda: bool(self.received))
        name, error = self.received[-1]
        assert name == "connect_error"
        assert error["message"]
        data = error["data"]
        assert isinstance(data, dict)
        return str(data["code"])

    def subscribe(self, *topics: str, after: object = None) -> dict[str, object]:
        answer: dict[str, object] = self.socket.call("subscribe", {"topics": list(topics), "after": after}, timeout=10)
        return answer

    def drop(self) -> None:
        """Lose the connection without a word, as a laptop lid does."""
        self.socket.eio.ws.sock.shutdown(socket.SHUT_RDWR)
        self.socket.disconnect()

    def numbers(self) -> list[object]:
        return [payload["seq"] for name, payload in self.received if name == "event"]

    def wait_for(self, true: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(true, PATIENCE), self.received

    def _keep(self, name: str) -> Callable[..., None]:
        def keep(*payload: object) -> None:
            with self.changed:
                first = payload[0] if payload and isinstance(payload[0], dict) else {}
                self.received.append((name, first))
                self.last_seq = max(self.last_seq, int(str(first.get("seq", 0))))
                self.changed.notify_all()

        return keep


@pytest.fixture
def key(tenant: UUID) -> NewKey:
    return _key(tenant)


def _key(tenant: UUID) -> NewKey:
    with db.transaction(tenant) as session:
        return keys.create(session, name="test", role=Role.VIEWER, actor="test")


def _publish(tenant: UUID, count: int = 1) -> None:
    with db.transaction(tenant) as session:
        bus.publish(session, tenant, *[SendingStopped(None) for _ in range(count)])


def _listen(live: Live, key: NewKey) -> Listener:
    return Listener(live.url, {"api_key": key.plaintext}).connect()


def test_what_is_committed_reaches_the_listener_at_once(live: Live, tenant: UUID, key: NewKey) -> None:
    ada = _listen(live, key)
    assert ada.subscribe("system") == {"ok": True, "seq": 0, "topics": ["system"]}
    _publish(tenant)
    ada.wait_for(lambda: ada.numbers() == [1])
    name, event = ada.received[0]
    assert (name, event["type"], event["topic"], event["mission_id"]) == (
        "event",
        "system.sending_stopped",
        "system",
        None,
    )
    assert set(event) == {"seq", "at", "type", "topic", "mission_id", "payload"}
    ada.drop()


def test_an_event_that_redis_never_announced_arrives_all_the_same(
    live: Live, tenant: UUID, key: NewKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = _listen(live, key)
    ada.subscribe("system")
    monkeypatch.setattr(bus, "_announce", lambda *_: None)
    _publish(tenant)
    ada.wait_for(lambda: ada.numbers() == [1])
    ada.drop()


def test_two_tenants_hear_nothing_of_each_other(live: Live, tenant: UUID, other_tenant: UUID, key: NewKey) -> None:
    ada, bob = _listen(live, key), _listen(live, _key(other_tenant))
    every = ("missions", "agents", "domains", "analytics", "errors", "system")
    ada.subscribe(*every, after=0)
    bob.subscribe(*every, after=0)
    with db.transaction(other_tenant) as session:
        theirs = a_mission(session, other_tenant).id
        bus.publish(session, other_tenant, MissionMoved(theirs, "queued", "assigned"), SendingStopped(None))
    refusal = ada.subscribe(f"mission:{theirs}")
    assert (refusal["ok"], refusal["code"]) == (False, "mission_not_found")
    bob.wait_for(lambda: set(bob.numbers()) == {1, 2})
    _publish(tenant)
    ada.wait_for(lambda: ada.numbers() == [1])
    assert [event["type"] for _, event in ada.received] == ["system.sending_stopped"]
    assert sorted(map(str, bob.numbers())) == ["1", "2"]
    for client in (ada, bob):
        client.drop()


def test_a_connection_that_breaks_a_hundred_times_misses_nothing_and_gets_nothing_twice(
    live: Live, tenant: UUID, key: NewKey
) -> None:
    rounds, stop = 100, threading.Event()

    def keep_publishing() -> None:
        while not stop.is_set():
            _publish(tenant, 3)

    writer = threading.Thread(target=keep_publishing)
    writer.start()
    ada = Listener(live.url, {"api_key": key.plaintext})
    try:
        for number in range(rounds):
            ada.connect()
            assert ada.subscribe("system", after=ada.last_seq)["ok"] is True
            seen = ada.last_seq
            ada.wait_for(lambda seen=seen: ada.last_seq > seen)  # type: ignore[misc]  # bound for this round
            if number < rounds - 1:
                ada.drop()
    finally:
        stop.set()
        writer.join()
    head = feed.heads([tenant])[tenant]
    ada.wait_for(lambda: len(ada.numbers()) >= head)
    # This client hands each event to a thread of its own, so their order is not the order of arrival.
    assert sorted(ada.numbers(), key=str) == sorted(range(1, head + 1), key=str)
    ada.drop()


def test_progress_comes_four_times_a_second_at_most_and_its_last_word_always(
    live: Live, tenant: UUID, key: NewKey
) -> None:
    ada = _listen(live, key)
    with db.transaction(tenant) as session:
        mission = a_mission(session, tenant).id
    ada.subscribe(f"mission:{mission}", "missions")
    for percent in range(1, 101):
        with db.transaction(tenant) as session:
            bus.publish(session, tenant, MissionProgressed(mission, percent / 100, {"planned": 1, "pending": 1}))
    ada.wait_for(lambda: 100 in ada.numbers())
    assert len(ada.numbers()) == len(set(ada.numbers())) < 50
    ada.drop()


@pytest.mark.parametrize("auth", [None, {"api_key": "rex_00000000_nothing"}, {"api_key": 7}])
def test_who_shows_no_good_key_is_refused(live: Live, auth: dict[str, str] | None) -> None:
    assert Listener(live.url, auth).is_refused() in {"no_credentials", "key_unknown"}


def test_a_revoked_key_is_refused_and_its_sockets_are_closed(live: Live, tenant: UUID, key: NewKey) -> None:
    ada = _listen(live, key)
    ada.subscribe("system")
    with db.transaction(tenant) as session:
        keys.revoke(session, key.id, actor="test")
    ada.wait_for(lambda: ada.received[-1:] == [("disconnect", {})])
    assert Listener(live.url, {"api_key": key.plaintext}).is_refused() == "key_revoked"


def test_a_session_of_the_web_pages_is_as_good_as_a_key(
    live: Live, tenant: UUID, key: NewKey, app: flask.Flask
) -> None:
    """Signed in with the real application, as a browser is."""
    browser = app.test_client()
    assert browser.post("/api/rex/session", json={"api_key": key.plaintext}).status_code == 200
    session = browser.get_cookie("rex_session")
    assert session is not None
    ada = Listener(live.url, cookie=f"rex_session={session.value}", origin=PUBLIC).connect()
    ada.subscribe("system")
    _publish(tenant)
    ada.wait_for(lambda: ada.numbers() == [1])
    ada.drop()


def test_a_session_signed_by_somebody_else_is_refused(live: Live, tenant: UUID, key: NewKey) -> None:
    assert Listener(live.url, cookie=_cookie("guessed", tenant, key.id)).is_refused() == "no_credentials"


@pytest.mark.parametrize("origin", ["http://evil.example.com", "http://127.0.0.1:9999", "null"])
def test_a_page_from_elsewhere_cannot_use_the_session(live: Live, tenant: UUID, key: NewKey, origin: str) -> None:
    cookie = _cookie(live.secret, tenant, key.id)
    with pytest.raises(socketio.exceptions.ConnectionError):
        Listener(live.url, cookie=cookie, origin=origin).connect()


def test_the_same_page_under_another_name_of_this_machine_may_connect(live: Live, tenant: UUID, key: NewKey) -> None:
    cookie = _cookie(live.secret, tenant, key.id)
    ada = Listener(live.url, cookie=cookie, origin="http://localhost:8899").connect()
    assert ada.subscribe("system")["ok"] is True
    ada.drop()


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"topics": ["everything"]}, "unknown_topic"),
        ({"topics": ["system"], "after": -1}, "invalid_message"),
        ({"topics": ["system"], "after": "7"}, "invalid_message"),
        ({"topics": "system"}, "invalid_message"),
        ({}, "invalid_message"),
        (None, "invalid_message"),
        ([1], "invalid_message"),
    ],
)
def test_a_wrong_subscription_is_answered_with_what_is_wrong(
    live: Live, key: NewKey, message: object, code: str
) -> None:
    ada = _listen(live, key)
    answer = ada.socket.call("subscribe", message, timeout=10)
    assert (answer["ok"], answer["code"]) == (False, code)
    assert answer["detail"]
    assert ada.subscribe("system")["ok"] is True
    ada.drop()


def test_a_topic_can_be_left(live: Live, tenant: UUID, key: NewKey) -> None:
    ada = _listen(live, key)
    ada.subscribe("system", "agents")
    answer = ada.socket.call("unsubscribe", {"topics": ["system"]}, timeout=10)
    assert (answer["ok"], answer["topics"]) == (True, ["agents"])
    _publish(tenant)
    assert ada.subscribe("errors", after=0)["seq"] in {0, 1}
    assert ada.numbers() == []
    ada.drop()


def test_who_is_too_far_behind_is_told_to_fetch_afresh(
    live: Live, tenant: UUID, key: NewKey, owner_connection: psycopg.Connection[tuple[object, ...]]
) -> None:
    _publish(tenant)
    owner_connection.execute(
        "INSERT INTO events (tenant_id, seq, type, payload)"
        " SELECT %s, n, 'system.sending_stopped', '{}' FROM generate_series(2, 6000) AS n",
        [tenant],
    )
    owner_connection.execute("UPDATE event_heads SET seq = 6000 WHERE tenant_id = %s", [tenant])
    ada = _listen(live, key)
    assert ada.subscribe("system", after=10)["seq"] == 6000
    ada.wait_for(lambda: ada.received == [("resync", {"seq": 6000})])
    _publish(tenant)
    ada.wait_for(lambda: ada.numbers() == [6001])
    ada.drop()


def test_the_server_outlives_a_redis_that_talks_nonsense_and_closes_its_connections(
    live: Live, tenant: UUID, key: NewKey
) -> None:
    ada = _listen(live, key)
    ada.subscribe("system")
    redis.client().publish(redis.EVENT_CHANNEL, "what is this?")
    redis.client().execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    _publish(tenant)
    ada.wait_for(lambda: ada.numbers() == [1])
    ada.drop()


def _cookie(secret: str, tenant: UUID, key_id: UUID) -> str:
    app = flask.Flask("test")
    app.secret_key = secret
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    content = {"tenant_id": str(tenant), "key_id": str(key_id), "role": "viewer", "csrf": "x"}
    return f"rex_session={signer.dumps(content)}"
