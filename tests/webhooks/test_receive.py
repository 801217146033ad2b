"""Each event is kept once, whoever tells it twice and at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from redis.exceptions import RedisError
from sqlalchemy import text

from rex_celery import broker, db
from rex_celery.errors import RefusedError
from rex_celery.flow import URGENT, Call
from rex_celery.redis import client
from rex_celery.webhooks import receive
from rex_celery.webhooks.receive import Item, Source, keep

EVENTS = Source(None, "sendgrid", "sendgrid.event")


def kept(tenant: UUID) -> list[str]:
    with db.transaction(tenant) as session:
        return list(session.scalars(text("SELECT event_id FROM inbound_events ORDER BY event_id")))


def test_what_comes_twice_is_kept_once(tenant: UUID) -> None:
    items = [Item("b", {"event": "open"}), Item("a", {"event": "click"}), Item("b", {"event": "open"})]
    with db.transaction(tenant) as session:
        assert keep(session, tenant, EVENTS, items) == 2
        assert keep(session, tenant, EVENTS, items) == 0
    assert kept(tenant) == ["a", "b"]


def test_the_same_name_of_another_provider_or_tenant_is_another_event(tenant: UUID, other_tenant: UUID) -> None:
    for owner, provider in ((tenant, "sendgrid"), (tenant, "twilio"), (other_tenant, "sendgrid")):
        with db.transaction(owner) as session:
            assert keep(session, owner, Source(None, provider, "x"), [Item("one", {})]) == 1
    assert kept(other_tenant) == ["one"]


def test_two_web_workers_with_the_same_posts_store_each_event_once(tenant: UUID) -> None:
    names = [f"SM{number:04d}:delivered" for number in range(5000)]  # P13; so many that the statements meet
    together = Barrier(4)

    def post(turn: int) -> int:
        # Each in another order: without one order in the statement they would lock each other out.
        items = [Item(name, {"turn": turn}) for name in (names if turn % 2 else reversed(names))]
        together.wait()
        with db.transaction(tenant) as session:
            return keep(session, tenant, Source(None, "twilio", "twilio.status"), items)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(post, range(4))) == 5000
    assert kept(tenant) == names


def test_a_round_trip_keeps_payload_and_bytes(tenant: UUID) -> None:
    payload = {"text": "Grüße 😀", "list": [1, 2.5, None], "nested": {"a": True}}
    with db.transaction(tenant) as session:
        keep(session, tenant, Source(None, "imap", "imap"), [Item("m", payload, b"From: a\r\n\r\n\xff\x00")])
    with db.transaction(tenant) as session:
        row = session.execute(text("SELECT payload, raw, state, attempts, kind FROM inbound_events")).one()
    assert tuple(row) == (payload, b"From: a\r\n\r\n\xff\x00", "pending", 0, "imap")


@pytest.mark.parametrize("words", ["nul\0inside", "half \ud83d of a face", "\ude00"])
def test_what_postgres_cannot_store_is_replaced_and_kept(tenant: UUID, words: str) -> None:
    with db.transaction(tenant) as session:
        assert keep(session, tenant, EVENTS, [Item(words, {words: [words, {"deep": words}]})]) == 1
        assert keep(session, tenant, EVENTS, [Item(words, {words: [words, {"deep": words}]})]) == 0
    assert "\N{REPLACEMENT CHARACTER}" in kept(tenant)[0]


def test_a_name_that_is_too_long_or_empty_becomes_one_that_is_not(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        assert keep(session, tenant, EVENTS, [Item("x" * 5000, {}), Item("", {}), Item("x" * 5001, {})]) == 3
    assert all(name.startswith("sha256:") and len(name) < 100 for name in kept(tenant))


def test_a_number_that_json_does_not_know_is_refused(tenant: UUID) -> None:
    with pytest.raises(RefusedError) as refusal, db.transaction(tenant) as session:
        keep(session, tenant, EVENTS, [Item("fine", {}), Item("inf", {"price": float("inf")})])
    assert refusal.value.status == 400
    assert kept(tenant) == []


def test_a_worker_is_woken_once_after_the_commit_and_only_for_something_new(
    tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Call] = []
    monkeypatch.setattr(broker, "publish", sent.extend)
    client().delete("rex:receive")
    with db.transaction(tenant) as session:
        keep(session, tenant, EVENTS, [Item("a", {})])
        assert sent == []
    with db.transaction(tenant) as session:
        keep(session, tenant, EVENTS, [Item("b", {})])
    assert [(call.task, call.priority, call.arguments) for call in sent] == [("control.receive", URGENT, ())]
    receive.begin()
    with db.transaction(tenant) as session:
        keep(session, tenant, EVENTS, [Item("a", {}), Item("b", {})])
    assert len(sent) == 1


def test_without_redis_events_are_kept_all_the_same(tenant: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise RedisError("nobody answers")

    monkeypatch.setattr(receive, "client", away)
    receive.begin()
    with db.transaction(tenant) as session:
        assert keep(session, tenant, EVENTS, [Item("a", {})]) == 1
    assert kept(tenant) == ["a"]


def test_nothing_is_nothing(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        assert keep(session, tenant, EVENTS, []) == 0
