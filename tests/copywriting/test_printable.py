"""What is fit to print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_celery.copywriting import printable
from rex_celery.errors import InvalidError


@pytest.mark.parametrize(
    ("offer", "what"),
    [
        (" \n", "empty"),
        ("x" * 281, "too long"),
        ("a " * 46, "too long"),
        ("Hello {{ first_name }}", "{"),
        ("http://a.example and http://b.example", "more than one link"),
    ],
)
def test_an_offer_that_cannot_be_printed_is_refused_with_what_is_wrong(offer: str, what: str) -> None:
    with pytest.raises(InvalidError, match=what) as refusal:
        printable.offer(offer)
    assert refusal.value.problems[0].where == "offer"


def test_an_offer_stands_on_one_line() -> None:
    assert printable.offer("A free check\n of your set-up ") == "A free check of your set-up"


@given(st.text())
def test_whatever_is_printable_fits_on_one_line_of_a_header(text: str) -> None:
    name = printable.name(text)
    assert name is None or (name.isprintable() and name == name.strip() and name)
