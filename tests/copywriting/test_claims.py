"""Texts held against the facts."""

import pytest

from rex_celery.copywriting.claims import Claim, claims_in, unfounded
from rex_celery.copywriting.facts import Facts

FACTS = Facts(
    sender_name="Maria Lopez",
    first_name="Kim",
    company="Acme Ltd",
    last_contact="we met in July 2025",
    offer="A free check, ready in 3 days: https://north.example/check",
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We spoke in March.", ("March",)),
        ("July was nice, Tuesday too.", ("Tuesday",)),
        ("It was in 2024.", ("2024",)),
        ("You would save 40% of it.", ("40%",)),
        ("We helped twenty teams like Globex Corp.", ("Globex", "Corp")),
        ("It takes two hours.", ("two",)),
        ("See https://other.example/x now.", ("https://other.example/x",)),
        ("Write to bob@other.example today.", ("bob@other.example",)),
        ("Hi Bob,\n\nhow are you?", ("Bob",)),
    ],
)
def test_what_no_fact_supports_is_found(text: str, found: tuple[str, ...]) -> None:
    assert unfounded(text, FACTS) == found


@pytest.mark.parametrize(
    "text",
    [
        "Hi Kim,\n\nwe met in July 2025. I'd like to ask whether Acme's plan is still open.",
        "May I send you more? It takes 3 days. Best regards,\nMaria Lopez",
        "Look at https://north.example/check.",
        "Reply STOP to opt out.",
    ],
)
def test_what_the_facts_support_passes(text: str) -> None:
    assert unfounded(text, FACTS) == ()


def test_each_line_names_the_facts_it_states() -> None:
    text = "Hi Kim,\nTo place me: we met in July 2025.\nIs it still open?"
    assert claims_in(text, FACTS) == (
        Claim("Hi Kim,", ("first_name",)),
        Claim("To place me: we met in July 2025.", ("last_contact",)),
    )
