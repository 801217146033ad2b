"""What is wrong with a sending policy somebody wrote: all of it at once, with what would be right."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import time
from difflib import get_close_matches
from zoneinfo import available_timezones

from rex_celery.errors import Problem
from rex_celery.leads import places
from rex_celery.outreach.policy import STANDARD, Caps, Hours, Policy, Pressure
from rex_celery.outreach.policy_fields import Stored

_HOURS = ("start", "end", "days")
_PARTS: dict[str, type[Caps | Pressure]] = {"caps": Caps, "pressure": Pressure}
_DAYS = frozenset(range(1, 8))
_MOST = 1_000_000
# A message that counts as arrived at once or never, or a gap of days, is a slip of the keyboard.
_RANGES = {
    "arrival_hours": (1, 24 * 14),
    "unknown_minutes": (5, 60 * 24 * 7),
    "approve_first": (0, 10_000),
    "gap_seconds": (0, 86_400),
    "jitter_seconds": (0, 86_400),
}
# These are counted over everything a tenant sends, so one campaign cannot have its own.
_TENANT_ONLY = frozenset({"timezone", "sms_law"})
_CAMPAIGN_CAPS = frozenset({"campaign_per_day", "new_leads_per_day"})


def found_in(stored: Stored, where: str, *, campaign: bool = False) -> list[Problem]:
    """Everything that is wrong with the fields that are there; ``where`` is how the whole is called."""
    if not isinstance(stored, Mapping):
        return [Problem(where, "is not an object", "a JSON object")]
    known = {field.name for field in fields(Policy)}
    found = _unknown(stored, known, where)
    for name in known & set(stored):
        place = f"{where}.{name}"
        if campaign and name in _TENANT_ONLY:
            found.append(Problem(place, "belongs to the tenant", "the tenant's policy sets it"))
        else:
            found += _of_field(name, stored[name], place)
    caps = stored.get("caps")
    if campaign and isinstance(caps, Mapping):
        for name in sorted({field.name for field in fields(Caps)} & set(caps) - _CAMPAIGN_CAPS):
            found.append(Problem(f"{where}.caps.{name}", "belongs to the tenant", " or ".join(sorted(_CAMPAIGN_CAPS))))
    return sorted(found, key=lambda problem: problem.where)


def _of_field(name: str, value: object, where: str) -> list[Problem]:
    own = getattr(STANDARD, name)
    if name in _PARTS or isinstance(own, Hours) or name == "sms_law":
        if not isinstance(value, Mapping):
            return [Problem(where, "is not an object", "a JSON object")]
        if name == "sms_law":
            return _of_law(value, where)
        return _of_hours(value, where) if isinstance(own, Hours) else _of_part(_PARTS[name], value, where)
    if name == "timezone":
        return _of_timezone(value, where)
    if isinstance(own, bool):
        return [] if isinstance(value, bool) else [Problem(where, f"is {value!r}", "true or false")]
    return _of_number(name, value, where)


def _of_part(kind: type[Caps | Pressure], value: Stored, where: str) -> list[Problem]:
    own = kind()
    known = {field.name: getattr(own, field.name) for field in fields(own)}
    found = _unknown(value, set(known), where)
    for name in known.keys() & value.keys():
        endless = kind is Caps and name not in _RANGES
        if not (endless and value[name] is None):
            found += _of_number(name, value[name], f"{where}.{name}")
    return found


def _of_hours(value: Stored, where: str) -> list[Problem]:
    found = _unknown(value, set(_HOURS), where)
    for name in ("start", "end"):
        if name in value and not _is_time(value[name]):
            found.append(Problem(f"{where}.{name}", f"is {value[name]!r}", 'a time of day such as "09:00"'))
    days = value.get("days", [])
    if not isinstance(days, list) or any(type(day) is not int for day in days) or not set(days) <= _DAYS:
        found.append(Problem(f"{where}.days", f"is {days!r}", "a list of days from 1 (Monday) to 7 (Sunday)"))
    return found


def _of_law(value: Stored, where: str) -> list[Problem]:
    found = []
    for place, hours in value.items():
        country, _, state = place.partition("-")
        known = places.country_zones(country) and (not state or (country == "US" and places.state_code("US", state)))
        if not known:
            found.append(Problem(f"{where}.{place}", "is no place REX knows", "US-FL, or a country such as DE"))
        elif not (isinstance(hours, Mapping) and set(_HOURS) <= set(hours)):
            found.append(Problem(f"{where}.{place}", "is not complete", "start, end and days"))
        else:
            found += _of_hours(hours, f"{where}.{place}")
    return found


def _of_timezone(value: object, where: str) -> list[Problem]:
    if isinstance(value, str) and value in available_timezones():
        return []
    near = get_close_matches(str(value).replace(" ", "_"), available_timezones(), n=1)
    return [Problem(where, f"{value!r} is no IANA time zone", near[0] if near else "such as Europe/Berlin")]


def _of_number(name: str, value: object, where: str) -> list[Problem]:
    least, most = _RANGES.get(name, (1, _MOST))
    if type(value) is int and least <= value <= most:
        return []
    return [Problem(where, f"is {value!r}", f"a whole number from {least} to {most}")]


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and len(value) == len("09:00") and bool(f"{time.fromisoformat(value)}")
    except ValueError:
        return False


def _unknown(stored: Stored, known: set[str], where: str) -> list[Problem]:
    found = []
    for name in stored.keys() - known:
        near = get_close_matches(str(name), known, n=1)
        found.append(Problem(f"{where}.{name}", "is not known", near[0] if near else ", ".join(sorted(known))))
    return found
