"""Addresses that a message may go to."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from rex_celery.compliance.addresses import refusal
from rex_celery.reasons import REASONS


@pytest.mark.parametrize(
    "email",
    ["jamesdavis@example.net", "Kim.Lee+crm@Example.COM", "kim@sub.example.org", "kim@münchen.de", "o'brien@x.example"],
)
def test_a_persons_address_passes_also_at_a_reserved_example_domain(email: str) -> None:
    assert refusal(email) is None


@pytest.mark.parametrize(
    "email",
    ["", "kim", "kim@", "@example.com", "kim@localhost", "kim@example", "kim..lee@example.com", "kim lee@example.com",
     "kim@example.test", "kim@x.invalid", "kim@-x.com", f"{'k' * 65}@example.com", f"kim@{'a.' * 130}com",
     "kim@example.com\r\nBcc: x@example.com", "kim@a--b.com,lee@example.com"],
)  # fmt: skip
def test_what_is_not_well_formed_is_refused(email: str) -> None:
    assert refusal(email) == "invalid_email"


@pytest.mark.parametrize("email", ["info@example.com", "NoReply@example.com", "sales+x@example.com"])
def test_a_function_is_not_a_person(email: str) -> None:
    assert refusal(email) == "role_address"


@pytest.mark.parametrize("email", ["kim@mailinator.com", "kim@eu.mailinator.com"])
def test_throw_away_addresses_are_refused(email: str) -> None:
    assert refusal(email) == "disposable_domain"


def test_every_refusal_has_a_reason() -> None:
    assert {"invalid_email", "role_address", "disposable_domain"} <= set(REASONS)


@given(st.emails() | st.from_regex(r"[a-z0-9._+-]{1,8}@[a-z0-9.-]{1,12}", fullmatch=True))
def test_the_short_way_agrees_with_the_full_validator(email: str) -> None:
    try:
        validate_email(email, check_deliverability=False, strict=True)
    except EmailNotValidError:
        assert refusal(email) == "invalid_email"
    else:
        assert refusal(email) != "invalid_email"
