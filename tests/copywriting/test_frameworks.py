"""Frameworks and their template files."""

from collections import Counter
from uuid import UUID

import pytest

from rex_celery.copywriting.facts import FACT_NAMES
from rex_celery.copywriting.frameworks import Choice, for_dormancy, parse, parts_of
from rex_celery.errors import InvalidError
from rex_celery.vocabulary import Dormancy, Framework

FILES = ["shared", *(framework.lower() for framework in Framework)]


def test_every_reason_for_silence_has_a_framework() -> None:
    known = {dormancy for dormancy in Dormancy if dormancy is not Dormancy.UNKNOWN}
    assert {for_dormancy(dormancy, UUID(int=0)) for dormancy in known} == set(Framework)


def test_leads_of_which_nobody_knows_why_they_went_quiet_are_spread_over_all_four() -> None:
    chosen = Counter(for_dormancy(Dormancy.UNKNOWN, UUID(int=number)) for number in range(400))
    assert chosen == dict.fromkeys(Framework, 100)


@pytest.mark.parametrize("name", FILES)
def test_templates_ask_only_for_facts_that_exist(name: str) -> None:
    for choices in parts_of(name).values():
        for choice in choices:
            assert choice.facts <= set(FACT_NAMES)
            assert choice.text


@pytest.mark.parametrize("name", FILES)
def test_only_what_needs_a_stored_fact_may_be_left_out(name: str) -> None:
    always = {"sender_name"}
    needs_one = {"shared": ["email.context"], "aida": ["email.interest"]}
    left_out = [part for part, choices in parts_of(name).items() if not any(c.facts <= always for c in choices)]
    assert left_out == needs_one.get(name, [])


@pytest.mark.parametrize("name", FILES)
def test_templates_hold_no_numbers_of_their_own(name: str) -> None:
    for choices in parts_of(name).values():
        assert not any(character.isdigit() for choice in choices for character in choice.text)


def test_a_file_is_read_into_parts_and_choices() -> None:
    parts = parse("About.\n\n== a.b\n-- needs x, y\nOne\n--\nTwo {{ z }}\n\n== c.d\nThree\n")
    assert parts["a.b"] == (Choice("One", frozenset("xy")), Choice("Two {{ z }}", frozenset("z")))
    assert parts["c.d"] == (Choice("Three", frozenset()),)


def test_a_file_with_a_forbidden_template_is_refused() -> None:
    with pytest.raises(InvalidError):
        parse("== a.b\n{{ x() }}\n")
