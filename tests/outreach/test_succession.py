"""Which message comes next, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from rex_celery.outreach.succession import BY_HAND, GUESSED, Known, Next, Over, next_of

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SENT = START + timedelta(hours=1)
ARRIVAL = timedelta(hours=24)
DAYS = {"first": 0, "second": 3, "third": 7}


def known(position: int, state: str = "planned", **fields: object) -> Known:
    key = list(DAYS)[position]
    blank = dict.fromkeys(("run_after", "wait_reason", "sent_at", "delivered_at", "since"))
    return Known(
        **({"id": uuid4(), "position": position, "step_key": key, "state": state, "reports": False} | blank | fields)
    )  # type: ignore[arg-type]


def follow(*messages: Known) -> Next | Over | None:
    return next_of(messages, DAYS, START, ARRIVAL)


def test_days_count_from_the_sending_where_nobody_tells_of_the_arrival() -> None:
    second = known(1)
    assert follow(known(0, "accepted", sent_at=SENT), second) == Next(
        second.id, SENT + timedelta(days=3), "waiting_not_due"
    )


def test_days_count_from_the_arrival_where_the_provider_tells_it() -> None:
    arrived, second = SENT + timedelta(hours=30), known(1)
    first = known(0, "delivered", sent_at=SENT, delivered_at=arrived, reports=True)
    assert follow(first, second) == Next(second.id, arrived + timedelta(days=3), "waiting_not_due")


def test_until_it_is_told_the_arrival_is_guessed_and_word_of_it_moves_the_next() -> None:
    second = known(1)
    first = known(0, "accepted", sent_at=SENT, reports=True)
    guess = follow(first, second)
    assert guess == Next(second.id, SENT + ARRIVAL + timedelta(days=3), GUESSED)
    scheduled = replace(second, run_after=guess.at, wait_reason=GUESSED)
    arrived = replace(first, state="delivered", delivered_at=SENT + timedelta(hours=2))
    assert follow(arrived, scheduled) == Next(second.id, SENT + timedelta(hours=2, days=3), "waiting_not_due")


def test_nothing_more_is_scheduled_while_one_is() -> None:
    assert (
        follow(known(0, "accepted", sent_at=SENT), known(1, run_after=SENT, wait_reason="waiting_window"), known(2))
        is None
    )


@pytest.mark.parametrize("state", ["claimed", "submitted"])
def test_nothing_is_scheduled_while_one_is_on_its_way(state: str) -> None:
    assert follow(known(0, state), known(1)) is None


def test_a_message_that_was_not_sent_moves_nothing_back() -> None:
    third = known(2)
    skipped = known(1, "skipped")
    assert follow(known(0, "accepted", sent_at=SENT), skipped, third) == Next(
        third.id, SENT + timedelta(days=7), "waiting_not_due"
    )


def test_when_nothing_was_sent_days_count_from_the_start() -> None:
    third = known(2)
    assert follow(known(0, "failed"), known(1, "skipped"), third) == Next(
        third.id, START + timedelta(days=7), "waiting_not_due"
    )


def test_a_task_for_a_person_holds_up_nobody() -> None:
    third = known(2)
    task = known(1, since=SENT + timedelta(days=3), wait_reason=BY_HAND)
    assert follow(known(0, "accepted", sent_at=SENT), task, third) == Next(
        third.id, SENT + timedelta(days=7), "waiting_not_due"
    )


def test_it_is_over_when_the_last_has_arrived() -> None:
    assert follow(known(0, "accepted", sent_at=SENT)) == Over(SENT)
    assert follow(known(0, "accepted", sent_at=SENT, reports=True)) == Over(SENT + ARRIVAL)
    assert follow(known(0, "skipped")) == Over(START)


def test_a_task_for_a_person_keeps_it_open_for_two_weeks() -> None:
    asked = SENT + timedelta(days=3)
    task = known(1, since=asked, wait_reason=BY_HAND)
    assert follow(known(0, "accepted", sent_at=SENT), task) == Over(asked + timedelta(days=14))
