"""Telephone numbers: one international spelling, and what the number says about the time where it rings."""

import re
from functools import cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberFormat
from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

from rex_celery.leads.identity import InvalidValueError

# North American numbers are most of what is imported and have one shape: no library need take them apart.
_AMERICAN = re.compile(
    r"(\+1|\+?001|1(?=[\s.(-]))?[\s.(-]*([2-9]\d{2})[\s.)-]*([2-9]\d{2})[\s.-]*(\d{4})\s*(?:(?:x|ext\.?|#)\s*(\d{1,8}))?\Z"
)
_KINDS = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan")
_AMERICAN_CODE = 1


class Phone(NamedTuple):
    """A valid number in E.164 and the extension behind it."""

    number: str
    extension: str | None = None


def phone(text: str, country: str | None = None) -> Phone:
    """The one spelling of a telephone number; ``country`` (ISO 3166) is where a number without +… would be dialled.

    Raises:
        InvalidValueError: it cannot be a number that rings anywhere.

    """
    found = _AMERICAN.match(text)
    if found and (found[1] or country in _american_regions()):
        national = found[2] + found[3] + found[4]
        if not _american_numbers().match(national):
            raise InvalidValueError("not a valid telephone number")
        return Phone("+1" + national, found[5])
    return _parsed(text, country)


def zones(number: str) -> tuple[str, ...]:
    """The time zones in which an E.164 number may ring; empty if nothing is known. A guess by area code."""
    digits = number[1:]
    for length in range(min(TIMEZONE_LONGEST_PREFIX, len(digits)), 0, -1):
        if found := TIMEZONE_DATA.get(digits[:length]):
            return found
    return ()


def _parsed(text: str, country: str | None) -> Phone:
    # 00 is what most of the world dials for +, and what exports write wherever they come from.
    dialled = "+" + text.lstrip()[2:] if text.lstrip().startswith("00") else text
    try:
        found = phonenumbers.parse(dialled, country)
    except NumberParseException as error:
        raise InvalidValueError("not a telephone number with its country") from error
    if not phonenumbers.is_valid_number(found):
        raise InvalidValueError("not a valid telephone number")
    extension, found.extension = found.extension, None
    return Phone(phonenumbers.format_number(found, PhoneNumberFormat.E164), extension)


@cache
def _american_regions() -> frozenset[str]:
    return frozenset(phonenumbers.region_codes_for_country_code(_AMERICAN_CODE))


@cache
def _american_numbers() -> re.Pattern[str]:
    """Every national number that the library calls valid in any region of country code 1."""
    patterns = set()
    for region in _american_regions():
        metadata = PhoneMetadata.metadata_for_region(region)
        kinds = [getattr(metadata, kind) for kind in _KINDS]
        patterns |= {kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern}
    return re.compile("(?:" + "|".join(sorted(patterns)) + r")\Z")
