from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_celery.leads import values
from rex_celery.leads.identity import InvalidValueError
from rex_celery.leads.values import DayOrder

PI_DAY = date(2026, 3, 14)


@pytest.mark.parametrize(
    "written",
    ["2026-03-14", "2026-03-14T09:26:53Z", "2026-03-14 09:26", "20260314", "2026/03/14", "3/14/2026", "14/3/2026",
     "14.3.2026", "14-03-2026", "3/14/26 5:00 PM", "14 Mar 2026", "Mar 14, 2026", "March 14 2026"],
)  # fmt: skip
def test_a_day_can_be_written_in_many_ways(written: str) -> None:
    assert values.day(written) == PI_DAY


@pytest.mark.parametrize("written", ["03/04/2026", "2026-02-30", "31/31/2026", "yesterday", "14", "", "2026-3"])
def test_a_day_that_could_be_two_or_none_is_refused(written: str) -> None:
    with pytest.raises(InvalidValueError):
        values.day(written)


def test_the_rest_of_the_column_tells_day_from_month() -> None:
    assert values.day_order(["03/04/2026", "", "3/14/2026"]) is DayOrder.MONTH_FIRST
    assert values.day_order(["03/04/2026", "14/03/2026"]) is DayOrder.DAY_FIRST
    assert values.day_order(["03/04/2026"]) is None
    assert values.day_order(["14/03/2026", "3/14/2026"]) is None
    assert values.day("03/04/2026", DayOrder.MONTH_FIRST) == date(2026, 3, 4)
    assert values.day("03/04/2026", DayOrder.DAY_FIRST) == date(2026, 4, 3)


@given(st.dates(date(1970, 1, 1), date(2068, 12, 31)))
def test_every_day_is_read_back_from_each_unambiguous_spelling(day: date) -> None:
    for spelling in ("%Y-%m-%d", "%d.%m.%Y", "%d %b %Y", "%B %d, %Y"):
        assert values.day(day.strftime(spelling)) == day


@pytest.mark.parametrize(
    ("written", "amount"),
    [("19970.24", "19970.24"), ("$19,970.24", "19970.24"), ("19.970,24 €", "19970.24"), ("USD 19,970", "19970"),
     ("1.500.000", "1500000"), ("1 234,50", "1234.50"), ("CHF 1'234.50", "1234.50"), ("(500)", "-500"), ("-5", "-5"),
     ("0", "0"), ("1234.567", "1234.57"), ("12.345.678,9", "12345678.9")],
)  # fmt: skip
def test_an_amount_is_the_same_number_however_it_was_written(written: str, amount: str) -> None:
    assert values.amount(written) == Decimal(amount)


@pytest.mark.parametrize("written", ["19.970", "many", "", "1,2,3", "1" * 13, "1.2.3,4.5", "NaN", "1e9"])
def test_an_amount_that_could_be_two_or_none_is_refused(written: str) -> None:
    with pytest.raises(InvalidValueError):
        values.amount(written)


@given(st.decimals(-(10**11), 10**11, places=2))
def test_an_amount_is_read_back_from_each_spelling(amount: Decimal) -> None:
    american = f"${amount:,.2f}" if amount >= 0 else f"(${-amount:,.2f})"
    european = f"{amount:,.2f} €".translate(str.maketrans(",.", ".,"))
    assert values.amount(american) == values.amount(european) == values.amount(str(amount)) == amount


def test_a_count_is_whole() -> None:
    assert values.whole("3") == values.whole("3.0") == 3
    for written in ("3.5", "-1", "three", "9" * 10):
        with pytest.raises(InvalidValueError):
            values.whole(written)
