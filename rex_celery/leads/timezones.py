"""The time zone of a person and how it is known; unknown stays unknown, because a wrong hour is a call at night."""

from typing import NamedTuple
from zoneinfo import available_timezones

from rex_celery.leads import phones, places


class Zone(NamedTuple):
    """An IANA time zone and its source: ``stated``, ``region``, ``country`` or ``area_code``."""

    name: str | None = None
    source: str | None = None


UNKNOWN = Zone()
_KNOWN = available_timezones()


def stated(text: str) -> Zone:
    """The zone that the list itself names."""
    name = text.replace(" ", "_")
    return Zone(name, "stated") if name in _KNOWN and "/" in name else UNKNOWN


def resolve(country: str | None, region: str | None, phone: str | None) -> Zone:
    """The zone by the state, else by a country with only one, else by the area code of the number.

    In a state or country with several zones the area code decides among them, and nothing else does.
    """
    by_region = places.state_zones(country, region)
    if len(by_region) == 1:
        return Zone(by_region[0], "region")
    by_country = places.country_zones(country)
    if len(by_country) == 1:
        return Zone(by_country[0], "country")
    by_phone = phones.zones(phone) if phone else ()
    if len(by_phone) == 1 and (not by_region or by_phone[0] in by_region):
        return Zone(by_phone[0], "area_code")
    return UNKNOWN
