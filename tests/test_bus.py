"""Events: stored with their transaction, numbered per tenant without gaps, announced after the commit."""

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
import redis.exceptions
from sqlalchemy import text

from rex_celery import bus, db
from rex_celery.events import MessagesSent, MissionPaused, SendingStopped
from rex_celery.redis import EVENT_CHANNEL, client

SEQS = text("SELECT seq FROM events ORDER BY seq")


def test_an_event_is_stored_with_its_type_and_payload(tenant: UUID) -> None:
    mission = uuid4()
    with db.transaction(tenant) as session:
        bus.publish(session, tenant, MessagesSent(mission, 3, "email"))

    with db.transaction(tenant) as session:
        stored = session.execute(text("SELECT seq, type, mission_id, payload FROM events")).one()
    assert stored == (1, "message.sent", mission, {"count": 3, "channel": "email"})


def test_a_rolled_back_transaction_leaves_no_event_and_no_gap(tenant: UUID) -> None:
    with pytest.raises(ZeroDivisionError):
        _publish_and_fail(tenant)
    with db.transaction(tenant) as session:
        bus.publish(session, tenant, SendingStopped(None))

    assert _numbers(tenant) == [1]


def test_events_are_numbered_in_the_order_in_which_they_were_published(tenant: UUID) -> None:
    missions = [uuid4() for _ in range(5)]
    with db.transaction(tenant) as session:
        for mission in missions:
            bus.publish(session, tenant, MissionPaused(mission))

    with db.transaction(tenant) as session:
        stored = session.execute(text("SELECT mission_id FROM events ORDER BY seq")).scalars().all()
    assert list(stored) == missions


def test_the_numbers_have_no_gaps_however_many_write_at_once(tenant: UUID) -> None:
    def write(number: int) -> None:
        if number % 4 == 3:  # a quarter of them fails
            with pytest.raises(ZeroDivisionError):
                _publish_and_fail(tenant)
            return
        with db.transaction(tenant) as session:
            bus.publish(session, tenant, SendingStopped(None), MissionPaused(None))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(80)))

    assert _numbers(tenant) == list(range(1, 121))


def test_a_reader_never_sees_a_later_event_before_an_earlier_one(tenant: UUID) -> None:
    seen: list[list[int]] = []

    def write(_: int) -> None:
        with db.transaction(tenant) as session:
            bus.publish(session, tenant, SendingStopped(None))

    def read(_: int) -> None:
        seen.append(_numbers(tenant))

    with ThreadPoolExecutor(4) as pool:
        for number in range(40):
            pool.submit(write, number)
            pool.submit(read, number)

    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in seen)


def test_each_tenant_has_its_own_numbers(tenant: UUID, other_tenant: UUID) -> None:
    with db.control() as session:
        bus.publish(session, tenant, SendingStopped(None))
        bus.publish(session, other_tenant, SendingStopped(None), SendingStopped(None))

    assert _numbers(tenant) == [1]
    assert _numbers(other_tenant) == [1, 2]


def test_the_announcement_comes_after_the_commit_and_not_after_a_rollback(tenant: UUID) -> None:
    with client().pubsub(ignore_subscribe_messages=True) as heard:
        heard.subscribe(EVENT_CHANNEL)
        heard.get_message(timeout=1)
        with db.transaction(tenant) as session:
            bus.publish(session, tenant, SendingStopped(None))
            assert heard.get_message() is None
        with pytest.raises(ZeroDivisionError):
            _publish_and_fail(tenant)

        told = heard.get_message(timeout=1)
        assert told
        assert told["data"] == f"{tenant} 1"
        assert heard.get_message() is None


def test_a_silent_redis_loses_nothing(tenant: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise redis.exceptions.ConnectionError

    monkeypatch.setattr(client(), "publish", refuse)
    with db.transaction(tenant) as session:
        bus.publish(session, tenant, SendingStopped(None))

    assert _numbers(tenant) == [1]


def test_a_payload_is_json_text_whatever_it_holds(tenant: UUID) -> None:
    event = MessagesSent(None, 1, 'a "quoted" \\ name, ünïcode')
    with db.transaction(tenant) as session:
        bus.publish(session, tenant, event)

    with db.transaction(tenant) as session:
        stored = session.execute(text("SELECT payload FROM events")).scalar_one()
    assert stored == json.loads(json.dumps(event.payload()))


def _publish_and_fail(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        bus.publish(session, tenant, SendingStopped(None))
        raise ZeroDivisionError


def _numbers(tenant: UUID) -> list[int]:
    with db.transaction(tenant) as session:
        return list(session.execute(SEQS).scalars())
