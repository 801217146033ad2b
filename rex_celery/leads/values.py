"""Dates, amounts and counts as CRMs export them; what can be read in two ways is refused, not guessed."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum

from rex_celery.leads.identity import InvalidValueError


class DayOrder(StrEnum):
    """Which number of a date like 03/04/2026 is the day."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"


_ISO = re.compile(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:[T ].*)?\Z", re.DOTALL)
_NUMBERS = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?:,?[T ].*)?\Z", re.DOTALL)
_WORDS = re.compile(r"(?:(\d{1,2})[. -]+([a-z]{3,9})|([a-z]{3,9})[. ]+(\d{1,2}))(?:st|nd|rd|th)?[.,]?[ -]+(\d{4})\b")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LAST_MONTH = len(_MONTHS)
# Two digits of a year: a CRM holds no lead older than 1970 and dates no deal beyond 2069.
_CENTURY_TURN = 70

_AMOUNT = re.compile(r"-?\d{1,11}(?:\.\d{1,2})?\Z")
_CURRENCY = re.compile(r"\A[A-Z]{3}(?=[\s\d(-])|(?<=[\s\d])[A-Z]{3}\Z|[\s'’$€£¥₹]")
_GROUPED = re.compile(r"(-?)(\d{1,3}(?:([.,])\d{3})+|\d+)(?:([.,])(\d+))?\Z")
_WHOLE = re.compile(r"(\d{1,9})(?:[.,]0+)?\Z")
# numeric(14, 2) of the leads table holds twelve digits before the point.
_LARGEST = Decimal(10) ** 12


def day(text: str, order: DayOrder | None = None) -> date:
    """A calendar day; ``order`` is what the rest of the column says about dates like 03/04/2026.

    Raises:
        InvalidValueError: it is no date, or day and month cannot be told apart.

    """
    if found := _ISO.match(text):
        return _date(found[1], found[2], found[3])
    if found := _NUMBERS.match(text):
        return _from_numbers(found[1], found[3], found[4], _order(found, order))
    if found := _WORDS.match(text.lower()):
        month = (found[2] or found[3])[:3]
        if month in _MONTHS:
            return _date(found[5], str(_MONTHS.index(month) + 1), found[1] or found[4])
    raise InvalidValueError("not a date; write it as 2026-03-14")


def day_order(column: Iterable[str]) -> DayOrder | None:
    """What a column's own values say: one 14/03/2026 shows that the day comes first. None when they say nothing."""
    seen = set()
    for text in column:
        found = _NUMBERS.match(text.strip())
        if found and found[2] != ".":
            first, second = int(found[1]), int(found[3])
            seen |= {DayOrder.DAY_FIRST} if first > _LAST_MONTH else set()
            seen |= {DayOrder.MONTH_FIRST} if second > _LAST_MONTH else set()
    return seen.pop() if len(seen) == 1 else None


def amount(text: str) -> Decimal:
    """An amount of money in the currency it was written in: ``$19,970.24`` and ``19.970,24 €`` are the same number.

    Raises:
        InvalidValueError: it is no amount, too large, or its separators can be read in two ways.

    """
    if _AMOUNT.match(text):
        return Decimal(text)
    bare = _CURRENCY.sub("", text)
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1]
    value = _from_groups(bare)
    if abs(value) >= _LARGEST:
        raise InvalidValueError("an amount of more than twelve digits")
    return value


def whole(text: str) -> int:
    """A count: 0, 1, 2 …; spreadsheets write 3.0.

    Raises:
        InvalidValueError: it is not a whole number.

    """
    if found := _WHOLE.match(text):
        return int(found[1])
    raise InvalidValueError("not a whole number")


def _order(found: re.Match[str], order: DayOrder | None) -> DayOrder | None:
    """Points are written where the day comes first; otherwise a number above 12 tells, else the column does."""
    if found[2] == "." or int(found[1]) > _LAST_MONTH or found[1] == found[3]:
        return DayOrder.DAY_FIRST
    return DayOrder.MONTH_FIRST if int(found[3]) > _LAST_MONTH else order


def _from_numbers(first: str, second: str, year: str, order: DayOrder | None) -> date:
    if order is None:
        raise InvalidValueError("day and month cannot be told apart; write it as 2026-03-14")
    if len(year) == len("26"):
        year = ("20" if int(year) < _CENTURY_TURN else "19") + year
    return _date(year, second, first) if order is DayOrder.DAY_FIRST else _date(year, first, second)


def _date(year: str, month: str, number: str) -> date:
    try:
        return date(int(year), int(month), int(number))
    except ValueError as error:
        raise InvalidValueError("no such day in the calendar") from error


def _from_groups(bare: str) -> Decimal:
    found = _GROUPED.match(bare)
    if not found:
        raise InvalidValueError("not an amount of money")
    sign, groups, separator, point, decimals = found.groups()
    if separator == "." and not point and groups.count(".") == 1:
        raise InvalidValueError("the point may be decimal or separate thousands; write it as 19970.24")
    if point and point == separator:
        raise InvalidValueError("not an amount of money")
    return round(Decimal(f"{sign}{re.sub('[.,]', '', groups)}.{decimals or 0}"), 2)
