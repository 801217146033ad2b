"""Who stands on a list: one spelling, or the reason why nobody does."""

import pytest

from rex_celery.compliance.suppression import Person
from rex_celery.leads.identity import InvalidValueError
from rex_celery.leads.rows import Rejection
from rex_celery.ledgers import entries
from rex_celery.ledgers.tables import Line


@pytest.mark.parametrize(
    ("given", "person"),
    [
        (("Grace <GRACE@Example.com>", "", ""), Person(email="grace@example.com")),
        (("", "+1 (202) 555-0143", ""), Person(phone="+12025550143")),
        (("a@example.com", "+12025550143", ""), Person(email="a@example.com", phone="+12025550143")),
        (("", "", "Acme.Example.COM."), Person(domain="acme.example.com")),
        (("@acme.example.com", "", ""), Person(domain="acme.example.com")),
        (("*@acme.example.com", "", ""), Person(domain="acme.example.com")),
        (("", "", "*.acme.example.com"), Person(domain="acme.example.com")),
    ],
)
def test_each_way_of_naming_somebody_has_one_spelling(given: tuple[str, str, str], person: Person) -> None:
    assert entries.person(*given) == person


@pytest.mark.parametrize(
    "given",
    [
        ("", "", ""),
        ("acme.example.com", "", ""),
        ("", "555-0143", ""),
        ("", "", "co.uk"),
        ("", "", "com"),
        ("", "", "no domain"),
        ("", "", "a@b.example.com"),
        ("a@example.com", "", "example.com"),
        ("@example.com", "+12025550143", ""),
    ],
)
def test_what_names_nobody_or_everybody_is_refused(given: tuple[str, str, str]) -> None:
    with pytest.raises(InvalidValueError):
        entries.person(*given)


@pytest.mark.parametrize(
    ("value", "field"),
    [("a@example.com", "email"), ("+12025550143", "phone"), ("example.com", "domain"), ("Email", None), ("", None)],
)
def test_a_bare_value_says_what_it_is(value: str, field: str | None) -> None:
    assert entries.field_of(value) == field


def test_a_row_keeps_its_own_scope_and_a_reason_that_rex_knows() -> None:
    cells = {"email": "a@example.com", "scope": "SMS", "reason": "suppressed_bounce"}
    found = entries.entry(Line(2, cells))
    assert not isinstance(found, Rejection)
    assert (found.scope, found.reason, found.evidence) == ("sms", "suppressed_bounce", "")


def test_a_reason_in_other_words_is_kept_as_evidence() -> None:
    found = entries.entry(Line(2, {"email": "a@example.com", "reason": "550 5.1.1 unknown"}))
    assert not isinstance(found, Rejection)
    assert (found.reason, found.evidence) == ("", "550 5.1.1 unknown")


def test_a_rejection_says_where_and_why() -> None:
    nobody = entries.entry(Line(7, {"email": "nobody"}))
    assert nobody == Rejection(7, "email", "nobody", "not an e-mail address: An email address must have an @-sign.")
    wrong = entries.entry(Line(8, {"email": "a@example.com", "scope": "fax"}))
    assert wrong == Rejection(8, "scope", "fax", "not one of all, email, sms, linkedin")
