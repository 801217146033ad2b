"""The order of what may be known about a message."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from rex_celery import db
from rex_celery.embedded.services import Services
from rex_celery.outreach import lattice

KINDS = ["accepted", "deferred", "delivered", "bounced", "blocked", "replied", "complained", "opened", "clicked"]


def folded(state: str, kinds: list[str]) -> str:
    for kind in kinds:
        state = lattice.after(state, [kind])
    return state


@given(
    st.lists(st.sampled_from([*KINDS, "unheard-of"]), max_size=8),
    st.randoms(),
    st.sampled_from(["submitted", "unknown"]),
)
def test_any_order_and_any_number_of_repeats_come_to_the_same(kinds: list[str], random: object, start: str) -> None:
    shuffled = kinds * 3
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert folded(start, shuffled) == folded(start, kinds) == lattice.after(start, kinds)


@given(st.sampled_from(lattice.RANKED), st.lists(st.sampled_from(KINDS)))
def test_a_state_never_goes_back(state: str, kinds: list[str]) -> None:
    assert lattice.RANKED.index(folded(state, kinds)) >= lattice.RANKED.index(state)


def test_a_bounce_after_the_delivery_counts() -> None:
    assert lattice.after("delivered", ["bounced"]) == "bounced"


@pytest.mark.parametrize("order", list(permutations(["accepted", "dropped"])))
def test_what_a_provider_drops_has_failed(order: tuple[str, ...]) -> None:
    assert folded("submitted", list(order)) == "failed"


def test_what_somebody_has_was_not_dropped() -> None:
    assert lattice.after("delivered", ["dropped"]) == "delivered"


def test_word_of_a_message_that_was_given_back_shows_that_it_left() -> None:
    assert lattice.after("planned", ["accepted"]) == "accepted"


@pytest.mark.parametrize("state", ["suppressed", "skipped", "cancelled", "failed"])
def test_what_was_taken_back_stays_so(state: str) -> None:
    assert lattice.after(state, ["delivered"]) == state


def test_the_database_ranks_as_the_code_does(database: Services) -> None:
    with db.control() as session:
        ranks = session.scalars(
            text("SELECT message_rank(s) FROM unnest(CAST(:states AS text[])) AS s"), {"states": list(lattice.RANKED)}
        )
        assert list(ranks) == list(range(1, len(lattice.RANKED) + 1))
