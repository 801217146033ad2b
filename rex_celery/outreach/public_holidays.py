"""Public holidays by country and, where it is known, its state; a country nobody keeps a list of has none."""

from datetime import date
from functools import lru_cache
from typing import NamedTuple


class Calendar(NamedTuple):
    """Whose holidays: ISO 3166 letters of the country, and its state as people write it."""

    country: str
    region: str | None = None


def is_holiday(calendar: Calendar, day: date) -> bool:
    """Whether public life rests there on this day; days that are moved off a weekend count where they are moved to."""
    return day in _days(calendar, day.year)


@lru_cache(maxsize=4096)
def _days(calendar: Calendar, year: int) -> frozenset[date]:
    # It takes 50 ms to load, and most processes never ask.
    import holidays

    try:
        kind = type(holidays.country_holidays(calendar.country))
    except NotImplementedError:
        return frozenset()
    found = holidays.country_holidays(calendar.country, subdiv=_subdivision(kind, calendar.region), years=year)
    return frozenset(day for day in found if day.year == year)


def _subdivision(kind: type, region: str | None) -> str | None:
    """The state's code in the library; None if it does not know the state, and then the whole country's count."""
    if not region:
        return None
    aliases: dict[str, str] = getattr(kind, "subdivisions_aliases", {})
    codes: tuple[str, ...] = getattr(kind, "subdivisions", ())
    spelt = {name.lower(): code for name, code in aliases.items()} | {code.lower(): code for code in codes}
    return spelt.get(region.lower())
