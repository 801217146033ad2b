"""The estimate of a mission's days: who may go on which day under which cap."""

from datetime import date

import pytest

from rex_celery.preflight import capacity
from rex_celery.preflight.capacity import Group, Plan, Rate, Stage

MONDAY = date(2026, 6, 1)
WEEK = {"email": frozenset({1, 2, 3, 4, 5})}
ONE_MAIL = (Stage(0, "email", 100),)


def plan(*rates: Rate, groups: tuple[Group, ...] = (Group(100, ONE_MAIL),), **fields: object) -> Plan:
    known = {"weekdays": WEEK, "backlog": {}, "begins": MONDAY}
    return Plan(groups, rates, **(known | fields))  # type: ignore[arg-type]


def test_a_hundred_messages_at_twenty_a_day_take_a_working_week() -> None:
    found = capacity.estimate(plan(Rate("waiting_cap_inbox", 20, "email")))
    assert (found.first_day, found.last_day, found.days) == (MONDAY, date(2026, 6, 5), 5)
    assert found.limited_by is not None
    assert (found.limited_by.code, found.limited_by.days) == ("waiting_cap_inbox", 4)


def test_weekends_are_in_between_and_not_at_the_beginning() -> None:
    found = capacity.estimate(plan(Rate("waiting_cap_inbox", 20, "email"), begins=date(2026, 6, 4)))
    assert (found.first_day, found.last_day, found.days) == (date(2026, 6, 4), date(2026, 6, 10), 7)
    assert capacity.estimate(plan(begins=date(2026, 6, 6))).first_day == date(2026, 6, 8)


def test_the_smallest_cap_is_named() -> None:
    rates = (Rate("waiting_cap_inbox", 50, "email"), Rate("waiting_cap_tenant", 25), Rate("waiting_gap", 90, "email"))
    found = capacity.estimate(plan(*rates))
    assert found.limited_by is not None
    assert found.limited_by.code == "waiting_cap_tenant"
    assert found.days == 4
    assert {one.code: one.per_day for one in found.limits} == {one.code: one.per_day for one in rates}


def test_without_a_cap_that_holds_the_days_of_the_sequence_count() -> None:
    stages = (Stage(0, "email", 10), Stage(3, "email", 10), Stage(7, "email", 10))
    found = capacity.estimate(plan(groups=(Group(10, stages),)))
    assert (found.days, found.limited_by, found.messages) == (8, None, 30)


def test_first_messages_have_a_cap_of_their_own_and_later_ones_do_not_count_towards_it() -> None:
    stages = (Stage(0, "email", 40), Stage(1, "email", 40))
    found = capacity.estimate(plan(Rate("waiting_cap_new_leads", 10, first=True), groups=(Group(40, stages),)))
    assert found.last_day == date(2026, 6, 5)
    assert found.limited_by is not None
    assert found.limited_by.code == "waiting_cap_new_leads"


def test_what_waits_for_the_same_inboxes_goes_first() -> None:
    rate = Rate("waiting_cap_inbox", 50, "email")
    assert capacity.estimate(plan(rate)).days == 2
    later = capacity.estimate(plan(rate, backlog={"email": 100}))
    assert (later.first_day, later.days) == (date(2026, 6, 3), 2)


def test_a_cap_of_nothing_never_ends_and_says_so() -> None:
    found = capacity.estimate(plan(Rate("waiting_cap_inbox", 0, "email")))
    assert (found.days, found.first_day) == (None, None)
    assert found.limited_by is not None
    assert found.limited_by.code == "waiting_cap_inbox"


def test_years_of_waiting_are_found_at_once() -> None:
    stages = tuple(Stage(day, "email", 20_000) for day in (0, 2, 4, 7, 12, 18))
    found = capacity.estimate(plan(Rate("waiting_cap_inbox", 50, "email"), groups=(Group(20_000, stages),)))
    assert (found.days, found.messages) == (None, 120_000)
    assert found.limited_by is not None
    assert found.limited_by.days > 700


def test_nobody_takes_no_days() -> None:
    found = capacity.estimate(plan(groups=(Group(0, ()),)))
    assert (found.messages, found.days, found.limited_by) == (0, None, None)


@pytest.mark.parametrize("share", [1, 3, 7, 10])
def test_steps_that_only_some_get_are_all_sent(share: int) -> None:
    stages = (Stage(0, "email", 10), Stage(2, "sms", share), Stage(4, "email", 10))
    days = WEEK | {"sms": frozenset({1, 2, 3, 4, 5, 6})}
    found = capacity.estimate(plan(Rate("waiting_cap_inbox", 4, "email"), groups=(Group(10, stages),), weekdays=days))
    assert found.messages == 20 + share
    assert found.days is not None
