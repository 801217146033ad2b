"""Webhooks arrive: signed, once whoever claims them, again after failures, and nobody waits for the slow."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import clock, config, db
from rex_celery.errors import ConflictError, NotFoundError, RefusedError
from rex_celery.webhooks import deliver, endpoint_views, endpoints, fanout, old_deliveries, records, retries
from tests.integrations.receiver import Receiver, listening
from tests.webhooks.rows import an_endpoint, happen, seal, unseal

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The present moment, which a test moves on."""
    at = [NOON]
    monkeypatch.setattr(clock, "now", lambda: at[0])
    return at


@pytest.fixture(autouse=True)
def loopback(database: object, monkeypatch: pytest.MonkeyPatch, time: list[datetime]) -> None:
    monkeypatch.setattr(config.settings(), "webhooks_private", True)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as there:
        yield there


def rows(tenant: UUID, query: str) -> list[tuple[Any, ...]]:
    with db.transaction(tenant) as session:
        return [tuple(row) for row in session.execute(text(query))]


def states(tenant: UUID) -> list[tuple[Any, ...]]:
    return rows(tenant, "SELECT state, attempts, last_status FROM webhook_deliveries ORDER BY seq")


def waiting(tenant: UUID, url: str, count: int = 1) -> UUID:
    """An endpoint and events that are on their way to it."""
    endpoint, _ = an_endpoint(tenant, url)
    happen(tenant, count)
    fanout.run_round(NOON)
    return endpoint.id


def test_an_event_arrives_signed_and_named(tenant: UUID, receiver: Receiver) -> None:
    endpoint, secret = an_endpoint(tenant, receiver.url)
    happen(tenant)
    fanout.run_round(NOON)
    assert deliver.deliver(tenant, endpoint.id, unseal) == 1
    (got,) = receiver.got
    expected = hmac.new(secret.encode(), b"1780315200." + got.body, hashlib.sha256).hexdigest()
    assert got.headers["rex-signature"] == f"t=1780315200,v1={expected}"
    assert got.headers["content-type"] == "application/json"
    told = json.loads(got.body)
    assert (told["seq"], told["type"], told["id"]) == (1, "system.sending_stopped", got.headers["rex-event-id"])
    assert rows(tenant, "SELECT id::text FROM webhook_deliveries") == [(got.headers["rex-delivery-id"],)]
    assert states(tenant) == [("delivered", 1, 204)]
    assert deliver.deliver(tenant, endpoint.id, unseal) == 0


def test_two_workers_at_once_deliver_each_once(tenant: UUID, receiver: Receiver) -> None:
    endpoint = waiting(tenant, receiver.url, 40)
    barrier = threading.Barrier(4)

    def work() -> int:
        barrier.wait(10)
        return deliver.deliver(tenant, endpoint, unseal)

    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(work) for _ in range(4)]
        assert sum(one.result(60) for one in done) == 40
    named = [got.headers["rex-event-id"] for got in receiver.got]
    assert len(named) == len(set(named)) == 40
    assert {state for state, _, _ in states(tenant)} == {"delivered"}


def test_a_slow_receiver_holds_up_no_other(tenant: UUID, receiver: Receiver) -> None:
    release = threading.Event()
    with listening() as slow:
        slow.reply = lambda _: (204 if release.wait(30) else 500, b"")
        held, quick = waiting(tenant, slow.url, 3), waiting(tenant, receiver.url, 3)
        fanout.run_round(NOON)
        with ThreadPoolExecutor(1) as pool:
            stuck = pool.submit(deliver.deliver, tenant, held, unseal)
            assert deliver.deliver(tenant, quick, unseal) == 3
            # Nobody else is sent to the slow one meanwhile.
            while not slow.got:
                assert not stuck.done()
            assert (tenant, held) not in deliver.due(NOON)
            assert deliver.deliver(tenant, held, unseal) == 0
            release.set()
            assert stuck.result(30) >= 3


@pytest.mark.parametrize("status", [302, 400, 404, 429, 500, 503])
def test_what_was_not_taken_comes_again_later(
    tenant: UUID, receiver: Receiver, time: list[datetime], status: int
) -> None:
    receiver.reply = lambda _: (status, b"because")
    endpoint = waiting(tenant, receiver.url)
    assert deliver.deliver(tenant, endpoint, unseal) == 0
    assert states(tenant) == [("pending", 1, status)]
    assert (tenant, endpoint) not in deliver.due(time[0] + timedelta(seconds=7))
    time[0] += timedelta(seconds=13)
    assert (tenant, endpoint) in deliver.due(time[0])
    receiver.reply = lambda _: (200, b"")
    assert deliver.deliver(tenant, endpoint, unseal) == 1
    assert receiver.got[0].body == receiver.got[1].body
    assert receiver.got[0].headers["rex-delivery-id"] == receiver.got[1].headers["rex-delivery-id"]
    assert receiver.got[0].headers["rex-signature"] != receiver.got[1].headers["rex-signature"]
    assert rows(tenant, "SELECT failing_since FROM webhook_endpoints") == [(None,)]


def test_one_event_that_a_receiver_cannot_take_does_not_hold_up_the_next(tenant: UUID, receiver: Receiver) -> None:
    receiver.reply = lambda got: (500 if json.loads(got.body)["seq"] == 1 else 200, b"no")
    endpoint = waiting(tenant, receiver.url, 3)
    assert deliver.deliver(tenant, endpoint, unseal) == 2
    assert [state for state, _, _ in states(tenant)] == ["pending", "delivered", "delivered"]


def test_after_the_last_try_it_has_failed(tenant: UUID, receiver: Receiver, time: list[datetime]) -> None:
    receiver.reply = lambda _: (500, b"broken")
    endpoint = waiting(tenant, receiver.url)
    for _ in range(len(retries.WAITS) + 1):
        deliver.deliver(tenant, endpoint, unseal)
        (due,) = rows(tenant, "SELECT next_at FROM webhook_deliveries")
        time[0] = max(time[0], due[0])
    assert states(tenant) == [("failed", 9, 500)]
    assert rows(tenant, "SELECT last_error FROM webhook_deliveries") == [("500: broken",)]
    assert len(receiver.got) == 9


def test_waits_grow_and_differ_a_little() -> None:
    one, other = UUID(int=1), UUID(int=2)
    waits = [retries.wait(attempt, one) for attempt in range(1, 9)]
    assert all(wait and 0.8 * plain <= wait <= 1.2 * plain for wait, plain in zip(waits, retries.WAITS, strict=True))
    assert waits[0] != retries.wait(1, other)
    assert retries.wait(9, one) is None


def test_nobody_there_is_left_alone_for_a_while(tenant: UUID, time: list[datetime]) -> None:
    endpoint = waiting(tenant, "http://127.0.0.1:9/", 5)
    assert deliver.deliver(tenant, endpoint, unseal) == 0
    # One try, and the others wait with it.
    assert [attempts for _, attempts, _ in states(tenant)] == [1, 0, 0, 0, 0]
    assert (tenant, endpoint) not in deliver.due(time[0] + timedelta(seconds=29))
    assert (tenant, endpoint) in deliver.due(time[0] + timedelta(seconds=30))


def test_an_endpoint_that_only_fails_for_three_days_is_switched_off_and_says_why(
    tenant: UUID, receiver: Receiver, time: list[datetime]
) -> None:
    receiver.reply = lambda _: (410, b"gone")
    endpoint = waiting(tenant, receiver.url, 2)
    deliver.deliver(tenant, endpoint, unseal)
    time[0] += timedelta(days=3)
    deliver.deliver(tenant, endpoint, unseal)
    with db.transaction(tenant) as session:
        shown = endpoint_views.get(session, endpoint)
    assert (shown.state, shown.reason) == ("disabled", "Nothing was taken for 3 days; the last answer: 410: gone")
    assert {state for state, _, _ in states(tenant)} == {"held"}
    assert rows(tenant, "SELECT type, payload->>'endpoint_id' FROM events ORDER BY seq DESC LIMIT 1") == [
        ("alert.webhook_disabled", str(endpoint))
    ]
    assert (tenant, endpoint) not in deliver.due(time[0] + timedelta(days=1))
    assert deliver.deliver(tenant, endpoint, unseal) == 0
    with db.transaction(tenant) as session:
        assert endpoints.enable(session, tenant, endpoint, time[0], skip_missed=False).reason is None
    receiver.reply = lambda _: (200, b"")
    assert deliver.deliver(tenant, endpoint, unseal) == 2


def test_one_success_in_between_begins_the_three_days_anew(
    tenant: UUID, receiver: Receiver, time: list[datetime]
) -> None:
    receiver.reply = lambda got: (200 if json.loads(got.body)["seq"] == 2 else 500, b"")
    endpoint = waiting(tenant, receiver.url, 2)
    deliver.deliver(tenant, endpoint, unseal)
    time[0] += timedelta(days=3)
    deliver.deliver(tenant, endpoint, unseal)
    with db.transaction(tenant) as session:
        assert endpoint_views.get(session, endpoint).state == "active"


def test_what_a_dead_worker_held_is_taken_over(tenant: UUID, receiver: Receiver, time: list[datetime]) -> None:
    endpoint = waiting(tenant, receiver.url)
    turn = deliver._take(tenant, endpoint, NOON)
    assert turn
    claimed = deliver._claim(turn, NOON)
    assert claimed
    assert deliver.deliver(tenant, endpoint, unseal) == 0
    time[0] += deliver.LEASE
    assert deliver.deliver(tenant, endpoint, unseal) == 1
    records.record(tenant, endpoint, records.Try(claimed.id, claimed.attempts, 500, "late"), time[0])
    assert states(tenant) == [("delivered", 2, 204)]


def test_of_two_words_about_a_delivery_a_late_no_is_worth_nothing_and_a_late_yes_holds(
    tenant: UUID, receiver: Receiver, time: list[datetime]
) -> None:
    receiver.reply = lambda _: (503, b"newer")
    endpoint = waiting(tenant, receiver.url)
    ((delivery,),) = rows(tenant, "SELECT id FROM webhook_deliveries")
    for _ in range(2):
        deliver.deliver(tenant, endpoint, unseal)
        time[0] += timedelta(minutes=2)
    records.record(tenant, endpoint, records.Try(delivery, 1, 500, "late"), time[0])
    assert states(tenant) == [("pending", 2, 503)]
    records.record(tenant, endpoint, records.Try(delivery, 1, 200, "", well=True), time[0])
    assert states(tenant) == [("delivered", 2, 200)]


def test_a_delivery_is_tried_again_on_request_under_its_own_name(tenant: UUID, receiver: Receiver) -> None:
    endpoint = waiting(tenant, receiver.url)
    deliver.deliver(tenant, endpoint, unseal)
    ((delivery,),) = rows(tenant, "SELECT id FROM webhook_deliveries")
    with db.transaction(tenant) as session:
        assert records.redeliver(session, delivery, NOON).state == "pending"
    assert deliver.deliver(tenant, endpoint, unseal) == 1
    assert len({got.headers["rex-delivery-id"] for got in receiver.got}) == 1
    assert states(tenant) == [("delivered", 2, 204)]


def test_nothing_is_tried_again_at_an_endpoint_that_is_disabled(tenant: UUID, other_tenant: UUID) -> None:
    endpoint = waiting(tenant, "http://127.0.0.1:9/")
    ((delivery,),) = rows(tenant, "SELECT id FROM webhook_deliveries")
    with db.transaction(tenant) as session:
        assert endpoints.disable(session, endpoint, "by hand")
        assert not endpoints.disable(session, endpoint, "again")
        for ask in (
            lambda: records.redeliver(session, delivery, NOON),
            lambda: records.send_test(session, tenant, endpoint, NOON),
        ):
            with pytest.raises(ConflictError):
                ask()
    with db.transaction(other_tenant) as session, pytest.raises(NotFoundError):
        records.redeliver(session, delivery, NOON)


def test_a_test_event_needs_no_event(tenant: UUID, receiver: Receiver) -> None:
    endpoint, _ = an_endpoint(tenant, receiver.url, "mission.*")
    with db.transaction(tenant) as session:
        sent = [records.send_test(session, tenant, endpoint.id, NOON) for _ in range(2)]
    assert [one.seq for one in sent] == [-1, -2]
    assert deliver.deliver(tenant, endpoint.id, unseal) == 2
    assert json.loads(receiver.got[0].body)["type"] == "webhook.test"


def test_both_secrets_sign_for_a_day_and_then_the_new_one_alone(
    tenant: UUID, receiver: Receiver, time: list[datetime]
) -> None:
    endpoint, _ = an_endpoint(tenant, receiver.url)
    with db.transaction(tenant) as session:
        endpoints.rotate(session, endpoint.id, seal, unseal, NOON)
    for _ in range(2):
        happen(tenant)
        fanout.run_round(time[0])
        deliver.deliver(tenant, endpoint.id, unseal)
        time[0] += timedelta(hours=24)
    assert [got.headers["rex-signature"].count("v1=") for got in receiver.got] == [2, 1]


def test_a_secret_that_cannot_be_read_is_said_and_sends_nothing(tenant: UUID, receiver: Receiver) -> None:
    def unreadable(_: bytes | None) -> dict[str, str]:
        raise RefusedError("The stored credentials cannot be read.")

    endpoint = waiting(tenant, receiver.url)
    assert deliver.deliver(tenant, endpoint, unreadable) == 0
    assert not receiver.got
    assert rows(tenant, "SELECT last_error FROM webhook_deliveries") == [("The stored credentials cannot be read.",)]


def test_nothing_goes_into_our_own_network_unless_it_may(
    tenant: UUID, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = waiting(tenant, receiver.url)
    monkeypatch.setattr(config.settings(), "webhooks_private", False)
    assert deliver.deliver(tenant, endpoint, unseal) == 0
    assert not receiver.got
    assert rows(tenant, "SELECT last_error FROM webhook_deliveries") == [("The address leads into a private network.",)]


def test_deliveries_are_forgotten_after_thirty_days_but_for_what_is_still_tried(
    tenant: UUID, time: list[datetime]
) -> None:
    waiting(tenant, "http://127.0.0.1:9/", 2)
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE webhook_deliveries SET state = 'delivered' WHERE seq = 1"))
    time[0] += timedelta(days=30)
    old_deliveries.purge_all()
    assert len(states(tenant)) == 2
    time[0] += timedelta(seconds=1)
    old_deliveries.purge_all()
    assert [state for state, _, _ in states(tenant)] == ["pending"]
