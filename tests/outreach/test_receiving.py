"""What came in is applied once: people first, a bad event alone, a dead worker's work taken over."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import broker, clock, db
from rex_celery.outreach import incoming_rows, kinds, receiving
from rex_celery.outreach.incoming_rows import Event, Verdict
from rex_celery.outreach.kinds import Kind
from rex_celery.redis import client
from rex_celery.webhooks import receive
from rex_celery.webhooks.receive import Item, Source
from workers.base import attempt

_EFFECT = text(
    "INSERT INTO threads (id, tenant_id, channel, subject, last_at)"
    " VALUES (gen_random_uuid(), :tenant, 'email', :name, :now)"
)
Owner = psycopg.Connection[tuple[object, ...]]


class Applied:
    """Stands in for what events do: remembers each, and fails for those that are told to."""

    def __init__(self) -> None:
        self.seen: list[list[str]] = []
        self.bad: set[str] = set()
        self.verdicts: dict[str, Verdict] = {}

    def __call__(self, session: Session, tenant_id: UUID, events: Sequence[Event], now: datetime) -> dict[int, Verdict]:
        for event in events:
            # An effect in the same transaction: it must be rolled back with a failure.
            session.execute(_EFFECT, {"tenant": tenant_id, "name": event.event_id, "now": now})
        self.seen.append([event.event_id for event in events])
        if bad := self.bad & set(self.seen[-1]):
            raise ZeroDivisionError(f"{bad} is bad")
        return {event.id: self.verdicts[event.event_id] for event in events if event.event_id in self.verdicts}

    @property
    def names(self) -> list[str]:
        return [name for names in self.seen for name in names]


@pytest.fixture
def applied(monkeypatch: pytest.MonkeyPatch, owner_connection: Owner) -> Iterator[Applied]:
    owner_connection.execute("TRUNCATE inbound_events")
    fake = Applied()
    table = {"twilio.inbound": Kind(fake), "sendgrid.event": Kind(fake, 3)}
    monkeypatch.setattr(kinds, "APPLY", table)
    monkeypatch.setattr(broker, "publish", lambda _: None)
    yield fake
    owner_connection.execute("TRUNCATE inbound_events")


def came_in(tenant: UUID, *names: str, kind: str = "sendgrid.event") -> None:
    with db.transaction(tenant) as session:
        receive.keep(session, tenant, Source(None, kind, kind), [Item(name, {}) for name in names])


def rows(tenant: UUID) -> dict[str, tuple[Any, ...]]:
    with db.transaction(tenant) as session:
        found = session.execute(text("SELECT event_id, state, attempts, note FROM inbound_events ORDER BY event_id"))
        return {row[0]: tuple(row[1:]) for row in found}


def effects(tenant: UUID) -> list[str]:
    with db.transaction(tenant) as session:
        return sorted(session.scalars(text("SELECT subject FROM threads")))


def later(tenant: UUID) -> None:
    """Let the time pass until everything is due again."""
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE inbound_events SET run_after = now() WHERE state = 'pending'"))


def test_every_event_is_applied_once_in_groups(tenant: UUID, applied: Applied) -> None:
    came_in(tenant, "a", "b", "c", "d")
    assert receiving.run_round() == 4
    assert receiving.run_round() == 0
    assert applied.seen == [["a", "b", "c"], ["d"]]
    assert set(rows(tenant).values()) == {("applied", 1, None)}
    assert effects(tenant) == ["a", "b", "c", "d"]


def test_what_people_wrote_comes_first(tenant: UUID, applied: Applied) -> None:
    came_in(tenant, "delivered", "opened")  # P6
    came_in(tenant, "STOP", kind="twilio.inbound")
    receiving.run_round()
    assert applied.seen == [["STOP"], ["delivered", "opened"]]


def test_an_answer_overtakes_a_backlog_of_delivery_events(
    tenant: UUID, applied: Applied, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming_rows, "MOST", 2)
    monkeypatch.setattr(incoming_rows.claim, "__defaults__", (2,))
    came_in(tenant, *"abcdef")
    plain = applied.__call__

    def and_somebody_answers(*given: Any) -> dict[int, Verdict]:
        if not applied.seen:
            came_in(tenant, "STOP", kind="twilio.inbound")
        return plain(*given)

    monkeypatch.setitem(kinds.APPLY, "sendgrid.event", Kind(and_somebody_answers, 3))  # type: ignore[call-overload]
    receiving.run_round()
    assert applied.names[:3] == ["a", "b", "STOP"]
    assert sorted(applied.names) == ["STOP", *"abcdef"]


def test_a_bad_event_never_holds_up_the_others(tenant: UUID, other_tenant: UUID, applied: Applied) -> None:
    applied.bad = {"bad"}
    came_in(tenant, "a", "bad", "c", "d")
    came_in(other_tenant, "theirs")
    receiving.run_round(attempt)
    found = rows(tenant)
    assert {name: row[0] for name, row in found.items()} == {"a": "applied", "bad": "pending", "c": "applied", "d": "applied"}  # fmt: skip  # noqa: E501
    assert "ZeroDivisionError" in found["bad"][2]
    assert effects(tenant) == ["a", "c", "d"]
    assert rows(other_tenant)["theirs"][0] == "applied"


def test_a_bad_event_is_tried_five_times_ever_later_and_then_kept_as_failed(tenant: UUID, applied: Applied) -> None:
    applied.bad = {"bad"}
    came_in(tenant, "bad")
    waits = []
    for _ in range(5):
        receiving.run_round(attempt)
        with db.transaction(tenant) as session:
            wait = session.execute(text("SELECT run_after FROM inbound_events")).scalar_one()
        waits.append(round((wait - clock.now()) / timedelta(seconds=1)) if wait else None)
        assert receiving.run_round(attempt) == 0
        later(tenant)
    assert waits == [4, 16, 64, 256, None]
    assert rows(tenant)["bad"][:2] == ("failed", 5)
    assert receiving.run_round(attempt) == 0
    assert effects(tenant) == []


def test_what_was_tried_before_is_tried_alone(tenant: UUID, applied: Applied) -> None:
    came_in(tenant, "a", "b")
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE inbound_events SET attempts = 1 WHERE event_id = 'a'"))
    came_in(tenant, "c")
    receiving.run_round()
    assert applied.seen == [["b", "c"], ["a"]]


def test_a_dead_workers_events_are_taken_over_when_its_claim_ends(tenant: UUID, applied: Applied) -> None:
    came_in(tenant, "a")
    with db.transaction(tenant) as session:
        (claimed,) = incoming_rows.claim(session, tenant, kinds.APPLY, clock.now())
    assert receiving.run_round() == 0
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE inbound_events SET run_after = now()"))
    assert receiving.run_round() == 1
    assert applied.names == ["a"]
    # The one that was only slow finds that it is not its own any more.
    receiving._carry_out(tenant, [claimed], receiving.unguarded)
    assert applied.names == ["a"]
    assert rows(tenant)["a"][:2] == ("applied", 2)


def test_rounds_side_by_side_apply_each_event_once(tenant: UUID, applied: Applied) -> None:
    came_in(tenant, *(f"e{number:03d}" for number in range(300)))
    together = Barrier(4)

    def one(_: int) -> int:
        together.wait()
        return receiving.run_round()

    with ThreadPoolExecutor(4) as pool:
        dealt = list(pool.map(one, range(4)))
    # Two lanes; whoever finds none goes home at once.
    assert sum(dealt) == 300
    assert len(applied.names) == len(set(applied.names)) == 300
    assert len(effects(tenant)) == 300


def test_two_rounds_at_most_work_at_a_time_so_that_the_engine_has_room(tenant: UUID, applied: Applied) -> None:
    came_in(tenant, "a")
    with ExitStack() as busy:
        assert all(receiving._in_a_lane(busy) for _ in range(receiving.LANES))
        assert receiving.run_round() == 0
    assert receiving.run_round() == 1


def test_what_names_no_message_is_looked_at_three_times_and_kept(tenant: UUID, applied: Applied) -> None:
    applied.verdicts = {"lost": Verdict("unmatched", "It names no message.")}
    came_in(tenant, "lost", "found")
    receiving.run_round()
    assert rows(tenant) == {"lost": ("pending", 1, "It names no message."), "found": ("applied", 1, None)}
    for _ in range(2):
        later(tenant)
        receiving.run_round()
    assert rows(tenant)["lost"] == ("unmatched", 3, "It names no message.")
    later(tenant)
    assert receiving.run_round() == 0


def test_what_says_nothing_of_a_message_is_ignored_with_its_reason(tenant: UUID, applied: Applied) -> None:
    applied.verdicts = {"account": Verdict("ignored", "It is about the account.")}
    came_in(tenant, "account")
    receiving.run_round()
    assert rows(tenant) == {"account": ("ignored", 1, "It is about the account.")}


def test_a_round_ends_in_time_and_calls_the_next(
    tenant: UUID, applied: Applied, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "ROUND_SECONDS", 0)
    monkeypatch.setattr(incoming_rows.claim, "__defaults__", (2,))
    woken: list[bool] = []
    came_in(tenant, *"abcd")
    client().delete("rex:receive")
    monkeypatch.setattr(broker, "publish", lambda _: woken.append(True))
    assert receiving.run_round() == 2
    assert woken == [True]


def test_a_kind_that_this_version_does_not_know_waits_for_one_that_does(tenant: UUID, applied: Applied) -> None:
    came_in(tenant, "new", kind="pigeon.inbound")
    assert receiving.run_round() == 0
    assert rows(tenant)["new"][:2] == ("pending", 0)


def test_an_error_that_nobody_guards_against_is_seen(tenant: UUID, applied: Applied) -> None:
    applied.bad = {"bad"}
    came_in(tenant, "bad")
    with pytest.raises(ZeroDivisionError):
        receiving.run_round()
