"""Facts put into words."""

from datetime import date

import pytest

from rex_celery.copywriting.facts import Facts, LeadRecord, Sender, facts_of
from rex_celery.errors import InvalidError

TODAY = date(2026, 11, 20)
SENDER = Sender("Maria Lopez", "Northwind")


def facts(offer: str = "", **record: object) -> Facts:
    return facts_of(LeadRecord(**record), SENDER, offer, TODAY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "on", "words"),
    [
        ("Meeting", date(2026, 7, 30), "we met in July"),
        ("Call", date(2025, 7, 30), "we last spoke in July 2025"),
        ("Demo", date(2026, 11, 2), "we went through a demo together earlier this month"),
        ("Email", date(2025, 12, 2), "we were last in touch by e-mail in December 2025"),
        ("Something", date(2026, 1, 1), "we were last in touch in January"),
        (None, date(2026, 1, 1), "we were last in touch in January"),
        ("Meeting", None, None),
        ("Meeting", date(2027, 1, 1), None),
    ],
)
def test_the_last_contact_is_said_as_people_say_it(kind: str | None, on: date | None, words: str | None) -> None:
    assert facts(last_activity=kind, last_activity_on=on).last_contact == words


def test_a_stage_that_says_nothing_to_the_reader_has_no_words() -> None:
    assert facts(deal_stage="Proposal Sent").deal_stage == "we had sent you a proposal"
    assert facts(deal_stage="Prospecting").deal_stage is None


@pytest.mark.parametrize(
    "name", ["", "  ", "N/A", "{{first_name}}", "[FIRST NAME]", "%FNAME%", "<b>Kim</b>", "*|FNAME|*", "-", "http://x.y"]
)
def test_what_is_no_name_is_unknown(name: str) -> None:
    assert facts(first_name=name).first_name is None


@pytest.mark.parametrize("name", ["kim@example.com", "Kim2"])
def test_a_first_name_has_no_digits_or_address(name: str) -> None:
    assert facts(first_name=name).first_name is None
    assert facts(company="3M").company == "3M"


def test_line_breaks_and_hidden_characters_do_not_survive_in_a_name() -> None:
    assert facts(first_name="Kim\r\nBcc: all").first_name == "Kim Bcc: all"
    assert facts(first_name="Kim\u202e").first_name == "Kim"


def test_a_sender_without_a_name_is_refused() -> None:
    with pytest.raises(InvalidError, match="no name"):
        facts_of(LeadRecord(), Sender(" "), "", TODAY)


def test_a_company_that_is_the_sender_is_not_said_twice() -> None:
    assert facts_of(LeadRecord(), Sender("Northwind", "Northwind"), "", TODAY).sender_company is None


def test_an_offer_unfit_to_print_is_left_out() -> None:
    assert facts("Hello {{ first_name }}").offer is None
    assert facts("A free\ncheck").offer == "A free check"
