"""What a booking page shows: the free times by the visitor's own days, a few days at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import groupby
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, available_timezones

from rex_celery.meetings.pages import PAUSED, BookingPage
from rex_celery.outreach.visits import Offer

DAYS_SHOWN = 5
_REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
# Where people read a clock of twelve hours.
_TWELVE_HOURS = ("America/", "Australia/", "Pacific/Honolulu")


@dataclass(frozen=True, slots=True)
class Slot:
    """A time to choose; ``at`` is what the address carries, ``name`` the time of day, ``words`` all of it."""

    at: str
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Day:
    """One of the visitor's days."""

    name: str
    slots: list[Slot]


@dataclass(frozen=True, slots=True)
class View:
    """What is shown; ``own`` is the page's address without its query."""

    page: BookingPage
    own: str
    zone: str
    zone_chosen: bool
    days: list[Day]
    earlier: str
    later: str
    calendar_known: bool
    nothing: str

    @property
    def zones(self) -> list[tuple[str, list[str]]]:
        """Every zone by its region, to choose from."""
        return all_zones()

    def link(self, since: str = "", at: str = "", *, move: bool = False) -> str:
        """This page, at another time or from another day on."""
        known = {"tz": self.zone, "since": since, "at": at, "move": "1" if move else ""}
        return f"{self.own}?{urlencode({name: value for name, value in known.items() if value})}"


def view(offer: Offer, own: str, zone: str, since: date | None, *, zone_chosen: bool) -> View:
    """The days from ``since`` on, as somebody in ``zone`` sees them."""
    place = ZoneInfo(zone)
    days = [(day, list(slots)) for day, slots in groupby(offer.free, lambda slot: slot.astimezone(place).date())]
    first = next((number for number, (day, _) in enumerate(days) if since is None or day >= since), len(days))
    first = min(first, max(0, len(days) - 1))
    shown = days[first : first + DAYS_SHOWN]
    rest = days[first + DAYS_SHOWN :]
    return View(
        page=offer.page,
        own=own,
        zone=zone,
        zone_chosen=zone_chosen,
        days=[Day(_day(day), [slot(start, offer.page.minutes, zone) for start in slots]) for day, slots in shown],
        earlier=days[max(0, first - DAYS_SHOWN)][0].isoformat() if first else "",
        later=rest[0][0].isoformat() if rest else "",
        calendar_known=offer.calendar_known,
        nothing=_nothing(offer.page),
    )


def slot(start: datetime, minutes: int, zone: str) -> Slot:
    """A time as somebody in ``zone`` reads it."""
    local = start.astimezone(ZoneInfo(zone))
    name = _clock(local, zone)
    words = f"{_day(local.date())}, {name} ({zone.replace('_', ' ')}), {minutes} minutes"
    return Slot(start.strftime("%Y-%m-%dT%H:%M:%SZ"), name, words)


def known_zone(*candidates: str | None) -> str:
    """The first of these that is a zone; the last always is."""
    return next(zone for zone in candidates if zone and zone in available_timezones())


@cache
def all_zones() -> list[tuple[str, list[str]]]:
    """Zones by region, in order."""
    known = sorted(zone for zone in available_timezones() if zone.startswith(tuple(f"{one}/" for one in _REGIONS)))
    return [*((region, list(names)) for region, names in groupby(known, _region)), ("Other", ["UTC"])]


def _region(zone: str) -> str:
    return zone.partition("/")[0]


def _day(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B} {day.year}"


def _clock(local: datetime, zone: str) -> str:
    """The time of day; an hour that comes twice says which of the two it is."""
    twelve = zone.startswith(_TWELVE_HOURS)
    plain = f"{local.hour % 12 or 12}:{local:%M} {local:%p}" if twelve else f"{local:%H:%M}"
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{plain} {local.tzname()}" if twice else plain


def _nothing(page: BookingPage) -> str:
    if page.state == PAUSED:
        return "This page takes no bookings at the moment. Please answer the message that you had it from."
    return (
        f"No time is free in the next {page.horizon_days} days. Please answer the message that you had this page from."
    )


def parsed(text: str) -> datetime | None:
    """The time that an address carries."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def parsed_day(text: str) -> date | None:
    """The day that an address carries."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def chosen(free: Sequence[datetime], text: str) -> datetime | None:
    """The time that somebody chose, if it is free."""
    start = parsed(text)
    return start if start in free else None
