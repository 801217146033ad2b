"""What names a person stays on this machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_celery.outreach.redaction import redact

NAMES = ("Grace", "Hopper", "Navy Systems")


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("Write to bob+x@mail.example.com.", "Write to [email]."),
        ("Call (202) 555-0143 or +49 30 901820 today", "Call [number] or [number] today"),
        ("My number: 0 30 / 90 18 20 13", "My number: [number]"),
        ("See https://example.com/?who=grace&id=7 now", "See [link] now"),
        ("Best, grace HOPPER, Navy Systems", "Best, [name] [name], [name]"),
        ("Gracefully yours", "Gracefully yours"),
        ("We are 20 people, ready in 2027.", "We are 20 people, ready in 2027."),
    ],
)
def test_addresses_numbers_links_and_known_names_are_taken_out(said: str, sent: str) -> None:
    assert redact(said, NAMES) == sent


def test_names_that_are_unknown_or_short_take_nothing_out() -> None:
    assert redact("It is on me.", (None, "", "It")) == "It is on me."


@given(st.text(), st.emails())
def test_no_address_is_left(words: str, address: str) -> None:
    assert "victim@example.com" not in redact(f"{words} victim@example.com {words}", NAMES)
