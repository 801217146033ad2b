"""What becomes of one person's messages when their sequence gets another version."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rex_celery.outreach import moving
from rex_celery.outreach.lattice import RANKED
from rex_celery.outreach.moving import Message, Move, Stay, plan
from rex_celery.outreach.steps import Step
from rex_celery.outreach.succession import BY_HAND
from rex_celery.vocabulary import Channel

ENDED = ("skipped", "suppressed", "failed", "cancelled")
STATES = ("planned", "claimed", "submitted", *RANKED, *ENDED)


def steps(*keys: str) -> list[Step]:
    return [Step(key, Channel.EMAIL, day, "x") for day, key in enumerate(keys)]


def messages(*known: tuple[str, str]) -> list[Message]:
    return [Message(uuid4(), key, "email", n, state, None, None) for n, (key, state) in enumerate(known)]


def move(known: list[Message], *keys: str) -> tuple[list[str], int]:
    found = plan(known, steps(*keys))
    assert isinstance(found, Move)
    return [step.key for step in found.upcoming], found.base


def test_what_left_is_kept_and_what_comes_after_it_is_written_anew() -> None:
    known = messages(("a", "delivered"), ("b", "planned"), ("c", "planned"))

    assert move(known, "a", "b", "x", "c") == (["b", "x", "c"], 1)


def test_who_got_nothing_yet_begins_at_the_beginning() -> None:
    assert move(messages(("a", "planned"), ("b", "planned")), "x", "b") == (["x", "b"], 0)


def test_a_step_that_was_put_before_what_they_got_last_is_passed_over() -> None:
    assert move(messages(("a", "replied"), ("b", "accepted"), ("c", "planned")), "a", "x", "b", "c") == (["c"], 2)


@pytest.mark.parametrize("state", [*RANKED, *ENDED])
def test_a_step_that_left_or_ended_is_never_written_again(state: str) -> None:
    known = messages(("a", "delivered"), ("b", state), ("c", "planned"))

    assert "b" not in move(known, "a", "c", "b")[0]


def test_a_step_that_lies_with_a_person_counts_as_sent() -> None:
    by_hand = Message(uuid4(), "b", "linkedin", 1, "planned", None, BY_HAND)

    assert move([*messages(("a", "delivered")), by_hand], "a", "b", "c") == (["c"], 2)


def test_a_step_that_an_earlier_move_took_away_may_come_back() -> None:
    taken = Message(uuid4(), "b", "email", 1, "skipped", moving.REPLACED, None)

    assert move([*messages(("a", "delivered")), taken], "a", "b") == (["b"], 1)


def test_who_cannot_be_placed_stays() -> None:
    assert plan(messages(("a", "delivered"), ("b", "planned")), steps("b", "c")) is Stay.LOST
    for state in ("claimed", "submitted"):
        assert plan(messages(("a", "delivered"), ("b", state)), steps("a", "b")) is Stay.ON_ITS_WAY


@given(
    known=some.lists(some.tuples(some.sampled_from("abcdef"), some.sampled_from(STATES)), unique_by=lambda one: one[0]),
    keys=some.lists(some.sampled_from("abcdef"), min_size=1, unique=True),
)
def test_nothing_that_left_is_ever_written_again(known: list[tuple[str, str]], keys: list[str]) -> None:
    found = plan(messages(*known), steps(*keys))
    if isinstance(found, Move):
        left = {key for key, state in known if state != "planned"}
        assert not left & {step.key for step in found.upcoming}
        assert found.base <= len(known)
