"""The fields of a sending policy as JSON: how they lie over one another, and how they are written."""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import time
from typing import Any

from rex_celery.outreach.policy import STANDARD, Caps, Hours, Policy, Pressure

Stored = Mapping[str, Any]


def over(policy: Policy, stored: Stored) -> Policy:
    """A policy with these valid fields in the place of its own."""
    changes: dict[str, Any] = {}
    for name, value in stored.items():
        own = getattr(policy, name)
        if isinstance(own, Hours):
            changes[name] = _hours(value, own)
        elif isinstance(own, Caps | Pressure):
            changes[name] = replace(own, **value)
        elif name == "sms_law":
            changes[name] = tuple(sorted((place, _hours(hours, STANDARD.sms_hours)) for place, hours in value.items()))
        else:
            changes[name] = value
    return replace(policy, **changes)


def merged(stored: Stored, changes: Stored) -> dict[str, Any]:
    """Stored fields with changes; null takes a field out, and of an object only what is named changes."""
    found = dict(stored)
    for name, value in changes.items():
        if value is None:
            found.pop(name, None)
        elif isinstance(value, Mapping) and name != "sms_law":
            found[name] = {**found.get(name, {}), **value}
        else:
            found[name] = value
    return found


def written(policy: Policy) -> dict[str, Any]:
    """All fields as JSON."""
    plain = {field.name: getattr(policy, field.name) for field in fields(Policy)}
    for name, value in plain.items():
        if isinstance(value, Hours):
            plain[name] = _written(value)
        elif isinstance(value, Caps | Pressure):
            plain[name] = asdict(value)
    return plain | {"sms_law": {place: _written(hours) for place, hours in policy.sms_law}}


def _written(hours: Hours) -> dict[str, Any]:
    return {"start": f"{hours.start:%H:%M}", "end": f"{hours.end:%H:%M}", "days": sorted(hours.days)}


def _hours(stored: Stored, own: Hours) -> Hours:
    start, end = (
        time.fromisoformat(stored[name]) if name in stored else getattr(own, name) for name in ("start", "end")
    )
    return Hours(start, end, frozenset(stored.get("days", own.days)))
