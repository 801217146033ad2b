from collections import deque
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.outreach import caps, pace
from rex_celery.outreach.policy import Caps, Policy
from tests.factories import an_inbox

NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FREE = {"google": None}


class Way:
    """One inbox of a tenant, and how fast it may write to whom."""

    def __init__(self, tenant: UUID) -> None:
        self.tenant = tenant
        self.inbox = self.another()

    def another(self) -> UUID:
        with db.transaction(self.tenant) as session:
            return an_inbox(session, self.tenant).id

    def may(self, at: datetime, *providers: str, inbox: UUID | None = None) -> dict[str, datetime | None]:
        with db.transaction(self.tenant) as session:
            return pace.may(session, inbox or self.inbox, providers or ("google",), at)

    def room(self, at: datetime = NOW) -> dict[str, int]:
        with db.transaction(self.tenant) as session:
            return pace.room(session, self.inbox, ["google"], at)

    def deferred(self, at: datetime, retry_after: timedelta | None = None, inbox: UUID | None = None) -> datetime:
        with db.transaction(self.tenant) as session:
            pace.deferred(session, self.tenant, inbox or self.inbox, "google", at, retry_after)
        until = self.may(at, inbox=inbox)["google"]
        assert until
        return until

    def went_well(self, at: datetime, count: int = 1) -> None:
        with db.transaction(self.tenant) as session:
            pace.went_well(session, self.inbox, {"google": count}, at)

    def per_hour(self) -> float | None:
        with db.transaction(self.tenant) as session:
            found: float | None = session.execute(text("SELECT per_hour FROM recipient_paces")).scalar()
            return found


@pytest.fixture
def way(tenant: UUID) -> Way:
    return Way(tenant)


def test_p19_nobody_is_slowed_down_unless_they_ask(way: Way) -> None:
    way.went_well(NOW, 500)

    assert way.may(NOW, "google", "yahoo") == {"google": None, "yahoo": None}
    assert way.room() == {}


def test_p19_a_deferral_holds_that_provider_and_halves_its_pace(way: Way) -> None:
    until = way.deferred(NOW)

    assert 5 * MINUTE <= until - NOW <= 6 * MINUTE
    assert way.may(NOW, "google", "yahoo") == {"google": until, "yahoo": None}
    assert way.may(until) == FREE
    assert (way.per_hour(), way.room()) == (30, {"google": 1})


def test_p19_each_further_deferral_waits_twice_as_long_up_to_hours(way: Way) -> None:
    at, waits = NOW, []
    for _ in range(9):
        until = way.deferred(at)
        waits.append((until - at) / MINUTE)
        at = until

    for wait, least in zip(waits, (5, 10, 20, 40, 80, 160, 240, 240, 240), strict=True):
        assert least <= wait <= least * 1.2
    assert way.per_hour() == 1


def test_p19_a_burst_of_deferrals_counts_once(way: Way) -> None:
    until = way.deferred(NOW)

    assert [way.deferred(NOW + timedelta(seconds=second)) for second in range(20)] == [until] * 20
    assert way.per_hour() == 30


def test_p19_the_provider_s_own_word_on_when_to_come_back_is_kept(way: Way) -> None:
    assert way.deferred(NOW, 2 * HOUR) == NOW + 2 * HOUR
    assert way.deferred(NOW + MINUTE, 3 * HOUR) == NOW + MINUTE + 3 * HOUR
    assert way.deferred(NOW + 2 * MINUTE, MINUTE) == NOW + MINUTE + 3 * HOUR


def test_p19_inboxes_that_were_slowed_down_together_do_not_come_back_together(way: Way) -> None:
    untils = {way.deferred(NOW, inbox=way.another()) for _ in range(20)}

    assert len(untils) > 15


def test_p19_what_is_accepted_raises_the_pace_step_by_step(way: Way) -> None:
    at = way.deferred(NOW)
    for accepted in range(1, 61):
        way.went_well(at)
        assert way.per_hour() == 30 + accepted / 2
        until = way.may(at)["google"]
        assert until
        assert (until - at).total_seconds() == pytest.approx(3600 / (30 + accepted / 2))
        at = until

    assert way.room() == {"google": 1}
    way.went_well(at, 120)
    assert way.room() == {"google": 2}


def test_p19_after_a_day_without_a_deferral_it_is_free_again(way: Way) -> None:
    way.deferred(NOW)
    way.went_well(NOW + HOUR)

    assert way.room(NOW + timedelta(days=1)) == {}
    assert way.may(NOW + timedelta(days=1)) == FREE
    assert way.deferred(NOW + timedelta(days=2)) - NOW <= timedelta(days=2, minutes=6)
    assert way.per_hour() == 30


def test_p19_who_sends_much_is_slowed_down_from_what_it_sent(way: Way) -> None:
    with db.transaction(way.tenant) as session:
        asks = [caps.Ask(uuid4(), uuid4(), way.inbox, "", "google", None, new_lead=False) for _ in range(400)]
        endless = Policy(caps=Caps(inbox_per_day=None, inbox_per_hour=None))
        caps.reserve(session, way.tenant, asks, endless, NOW - HOUR)

    until = way.deferred(NOW)

    assert (way.per_hour(), way.room()) == (200, {"google": 1})
    way.went_well(until)
    assert way.room() == {"google": 3}


def test_p19_what_is_accepted_while_a_hold_lasts_does_not_end_it(way: Way) -> None:
    until = way.deferred(NOW)

    way.went_well(NOW + MINUTE, 100)

    assert way.may(NOW + MINUTE) == {"google": until}


class Throttling:
    """A provider that takes a few messages in any ten minutes and answers 421 to the rest."""

    def __init__(self, most: int) -> None:
        self._most, self._taken = most, deque[datetime]()
        self.deferrals = 0

    def takes(self, at: datetime) -> bool:
        while self._taken and self._taken[0] <= at - 10 * MINUTE:
            self._taken.popleft()
        if len(self._taken) >= self._most:
            self.deferrals += 1
            return False
        self._taken.append(at)
        return True


@pytest.mark.parametrize("most", [2, 5])
def test_p19_a_throttling_provider_gets_every_message_without_a_storm(way: Way, most: int) -> None:
    server, waiting, at = Throttling(most), 120, NOW

    while waiting and at < NOW + timedelta(days=3):
        if way.may(at)["google"] is None:
            burst = min(waiting, way.room(at).get("google", 20))
            accepted = sum(server.takes(at) for _ in range(burst))
            waiting -= accepted
            if accepted:
                way.went_well(at, accepted)
            if accepted < burst:
                way.deferred(at)
        at += MINUTE

    assert waiting == 0
    # Without slowing down it would be asked 120 times in the first minute, and as often in each one after.
    assert server.deferrals <= 18 + 120 / 10
