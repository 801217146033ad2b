import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rex_celery.leads import phones
from rex_celery.leads.identity import InvalidValueError
from rex_celery.leads.phones import Phone


@pytest.mark.parametrize(
    ("written", "country", "found"),
    [
        ("(202) 555-0143", "US", Phone("+12025550143")),
        ("202.555.0143", "CA", Phone("+12025550143")),
        ("2025550143", "US", Phone("+12025550143")),
        ("+1-202-555-0143x76909", None, Phone("+12025550143", "76909")),
        ("001-202-555-0143 ext. 12", "US", Phone("+12025550143", "12")),
        ("1 202 555 0143", "US", Phone("+12025550143")),
        ("+49 30 901820", "US", Phone("+4930901820")),
        ("0049 30 901820", None, Phone("+4930901820")),
        ("030 901820", "DE", Phone("+4930901820")),
        ("020 7946 0018", "GB", Phone("+442079460018")),
    ],
)
def test_a_number_has_one_spelling_however_it_was_written(written: str, country: str | None, found: Phone) -> None:
    assert phones.phone(written, country) == found


@pytest.mark.parametrize(
    ("written", "country"),
    [("3222538271", "US"), ("202 555 0143", None), ("202 555 0143", "Atlantis"), ("call me", "US"), ("", "US"),
     ("1", "US"), ("+1 222 555 0143", "US")],
)  # fmt: skip
def test_what_rings_nowhere_is_no_number(written: str, country: str | None) -> None:
    with pytest.raises(InvalidValueError):
        phones.phone(written, country)


@given(st.from_regex(r"\A[2-9][0-9]{2}[2-9][0-9]{6}\Z"))
@example("8005550199")
@example("5005550100")
@example("9005550100")
def test_the_quick_look_at_american_numbers_agrees_with_the_library(national: str) -> None:
    known = phonenumbers.is_valid_number(phonenumbers.parse("+1" + national))
    assert bool(phones._american_numbers().match(national)) is known


@given(st.text("0123456789+-() .x#", max_size=20), st.sampled_from(["US", "DE", "GB", None]))
def test_normalising_a_number_twice_changes_nothing(written: str, country: str | None) -> None:
    try:
        once = phones.phone(written, country)
    except InvalidValueError:
        return
    assert phones.phone(once.number).number == once.number


def test_an_area_code_says_where_a_number_rings() -> None:
    assert phones.zones("+12125550143") == ("America/New_York",)
    assert phones.zones("+4930901820") == ("Europe/Berlin",)


def test_a_free_number_may_ring_anywhere() -> None:
    assert len(phones.zones("+18005550199")) != 1
