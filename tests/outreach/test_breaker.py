from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import db
from rex_celery.outreach import breaker
from tests.factories import an_inbox

NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Way:
    """One inbox of a tenant and its breaker."""

    def __init__(self, tenant: UUID) -> None:
        self.tenant = tenant
        with db.transaction(tenant) as session:
            self.inbox = an_inbox(session, tenant).id

    def _do(self, act: Callable[[Session], bool | None]) -> bool | None:
        with db.transaction(self.tenant) as session:
            return act(session)

    def tries(self, at: datetime) -> bool:
        return bool(self._do(lambda session: breaker.may_try(session, self.inbox, at)))

    def fails(self, at: datetime, times: int = 1) -> None:
        for _ in range(times):
            self._do(lambda session: breaker.failed(session, self.tenant, self.inbox, "550 go away", at))

    def succeeds(self, at: datetime) -> None:
        self._do(lambda session: breaker.succeeded(session, self.tenant, self.inbox, at))

    def is_probe(self) -> bool:
        return bool(self._do(lambda session: breaker.is_probe(session, self.inbox)))

    def rests(self) -> datetime | None:
        with db.transaction(self.tenant) as session:
            return breaker.resting_until(session, self.inbox)

    def events(self) -> list[str]:
        with db.transaction(self.tenant) as session:
            return list(session.scalars(text("SELECT type FROM events ORDER BY seq")))


@pytest.fixture
def way(tenant: UUID) -> Way:
    return Way(tenant)


def test_p19_an_inbox_without_failures_may_send(way: Way) -> None:
    assert way.tries(NOW)
    way.succeeds(NOW)
    assert (way.rests(), way.events()) == (None, [])


def test_p19_five_failures_in_a_row_hold_the_inbox_for_five_minutes(way: Way) -> None:
    way.fails(NOW, 4)
    assert way.tries(NOW)
    way.fails(NOW)

    assert not way.tries(NOW + 5 * MINUTE - timedelta(seconds=1))
    assert way.rests() == NOW + 5 * MINUTE
    assert way.events() == ["sender.held"]


def test_p19_a_success_between_failures_counts_them_anew(way: Way) -> None:
    way.fails(NOW, 4)
    way.succeeds(NOW)
    way.fails(NOW, 4)

    assert way.tries(NOW)
    assert way.events() == []


def test_p19_one_probe_decides_and_a_good_one_lets_everything_go(way: Way) -> None:
    way.fails(NOW, 5)
    later = NOW + 5 * MINUTE

    assert way.tries(later)
    assert way.is_probe()
    assert not way.tries(later)
    way.succeeds(later)
    assert [way.tries(later) for _ in range(3)] == [True, True, True]
    assert not way.is_probe()
    assert way.events() == ["sender.held", "sender.released"]


def test_p19_after_each_bad_probe_the_wait_is_twice_as_long_up_to_an_hour(way: Way) -> None:
    way.fails(NOW, 5)
    at, waits = NOW, []
    for _ in range(6):
        until = way.rests()
        assert until
        waits.append((until - at) // MINUTE)
        at = until
        assert way.tries(at)
        way.fails(at)

    assert waits == [5, 10, 20, 40, 60, 60]
    assert way.events() == ["sender.held"]


def test_p19_the_end_of_a_call_that_began_before_says_nothing_new(way: Way) -> None:
    way.fails(NOW, 8)

    assert way.rests() == NOW + 5 * MINUTE


def test_p19_of_workers_that_try_at_the_same_moment_one_is_the_probe(way: Way) -> None:
    way.fails(NOW, 5)
    together = Barrier(4)

    def tries(_: int) -> bool:
        together.wait()
        return way.tries(NOW + 6 * MINUTE)

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(tries, range(4))) == 1


def test_p19_a_probe_whose_worker_died_is_made_again_after_two_minutes(way: Way) -> None:
    way.fails(NOW, 5)
    first = NOW + 5 * MINUTE
    assert way.tries(first)

    assert not way.tries(first + 2 * MINUTE - timedelta(seconds=1))
    assert way.tries(first + 2 * MINUTE)
    assert not way.tries(first + 2 * MINUTE)


def test_the_provider_s_words_are_kept_short(way: Way) -> None:
    with db.transaction(way.tenant) as session:
        breaker.failed(session, way.tenant, way.inbox, "x" * 5000, NOW)
        assert session.execute(text("SELECT length(error) FROM breakers")).scalar_one() == 300
