"""Which clocks must agree before a message goes to a person: hours of the policy and of the law, zone by zone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from zoneinfo import available_timezones

from rex_celery.compliance import sms_hours
from rex_celery.leads import area_codes, phones, places
from rex_celery.outreach import openings
from rex_celery.outreach.openings import Clock
from rex_celery.outreach.policy import Hours, Policy
from rex_celery.outreach.public_holidays import Calendar
from rex_celery.vocabulary import Channel

ASSUMED = "assumed"
# A country whose clocks share no working hours in one of these weeks (Mondays) is too wide to be taken as one place.
_WINTER, _SUMMER = date(2026, 1, 12), date(2026, 7, 13)
_EPOCH = date(1970, 1, 1)
_AMERICA = "US"
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person is, as far as it is known: ``timezone`` with its ``source``, and a ``phone`` in E.164."""

    timezone: str | None = None
    source: str | None = None
    country: str | None = None
    region: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """The clocks that must agree; none: nobody knows. ``zone`` and ``source`` are for people to read."""

    clocks: tuple[Clock, ...]
    zone: str | None = None
    source: str | None = None


@lru_cache(maxsize=16_384)
def of(place: Place, channel: Channel, policy: Policy) -> Reach:
    """The clocks for a person on a channel."""
    if channel == Channel.SMS:
        return _for_texts(place, policy)
    calendar = _calendar(place, policy)
    zones, source = _zones(place, policy.hours) or ((policy.timezone,), ASSUMED)
    return Reach(_clocks(zones, (policy.hours,), calendar), _named(zones), source)


def _for_texts(place: Place, policy: Policy) -> Reach:
    """The stricter of where the number is from and where the person is, within every law that may hold there."""
    by_number = _of_number(place.phone)
    here, source = _here(place) or ((), "")
    zones = tuple(dict.fromkeys((*by_number, *here)))
    if not zones:
        return Reach(())
    clocks = _clocks(zones, (policy.sms_hours,), _calendar(place, policy))
    for bands, calendar in _laws(place, policy):
        clocks += _clocks(zones, bands, calendar)
    sources = dict.fromkeys((*(["area_code"] if by_number else []), *([source] if here else [])))
    return Reach(clocks, _named(zones), "+".join(sources))


def _laws(place: Place, policy: Policy) -> Iterable[tuple[tuple[Hours, ...], Calendar | None]]:
    yield _hours(sms_hours.WIDEST), None
    own = dict(policy.sms_law)
    if place.country in own:
        yield (own[place.country],), None
    states = {places.state_code(_AMERICA, place.region) if place.country == _AMERICA else None}
    for state in sorted(filter(None, states | {area_codes.state(place.phone)})):
        law = sms_hours.STATES.get(state)
        if known := own.get(f"{_AMERICA}-{state}"):
            yield (known,), None
        elif law:
            yield _hours(law), None if law.holidays else Calendar(_AMERICA, state)


def _hours(law: sms_hours.Law) -> tuple[Hours, ...]:
    return tuple(Hours(band.start, band.end, band.days) for band in law.bands)


def _zones(place: Place, hours: Hours) -> tuple[tuple[str, ...], str] | None:
    """The zones for e-mail and LinkedIn. In a state or a country with several, the hours that all of them share."""
    if known := _here(place):
        return known
    if by_number := _of_number(place.phone):
        return by_number, "area_code"
    country = places.country_zones(place.country)
    return (country, "country") if country and _share_hours(country, hours) else None


def _here(place: Place) -> tuple[tuple[str, ...], str] | None:
    """Where the person is said to be, unless all that is known is a country with several zones."""
    if place.timezone in _known_zones():
        return (str(place.timezone),), place.source or "stated"
    if by_region := places.state_zones(place.country, place.region):
        return by_region, "region"
    country = places.country_zones(place.country)
    return (country, "country") if len(country) == 1 else None


def _of_number(phone: str | None) -> tuple[str, ...]:
    """The zones of an area code; of a number that may ring anywhere in North America nothing is known."""
    zones = phones.zones(phone) if phone else ()
    return () if zones == phones.zones("+1") else zones


@cache
def _share_hours(zones: tuple[str, ...], hours: Hours) -> bool:
    clocks = _clocks(zones, (hours,), None)
    return all(
        any(openings.spans(clocks, (monday - _EPOCH).days + day) for day in range(7)) for monday in (_WINTER, _SUMMER)
    )


def _clocks(zones: Iterable[str], bands: tuple[Hours, ...], calendar: Calendar | None) -> tuple[Clock, ...]:
    return tuple(Clock(zone, bands, calendar) for zone in zones)


def _calendar(place: Place, policy: Policy) -> Calendar | None:
    state = area_codes.state(place.phone)
    country = place.country or (_AMERICA if state else None)
    if not (country and policy.holidays):
        return None
    return Calendar(country, place.region or (state if country == _AMERICA else None))


def _named(zones: tuple[str, ...]) -> str:
    rest = len(zones) - _NAMED
    return ", ".join(zones[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())
