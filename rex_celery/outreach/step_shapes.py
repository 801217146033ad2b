"""Whether a step that somebody wrote has the fields and the kinds of values that steps have."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from rex_celery.errors import Problem
from rex_celery.outreach.steps import Condition, OnFail
from rex_celery.vocabulary import Channel

LAST_DAY = 365
KEY: Final = r"[a-z0-9-]{1,40}"

FIELDS: Final[Mapping[str, tuple[type, str]]] = {
    "key": (str, "a text"),
    "channel": (str, "a text"),
    "day": (int, "a whole number"),
    "body": (str, "a text"),
    "subject": (str, "a text"),
    "condition": (str, "a text"),
    "condition_step": (str, "a text"),
    "on_fail": (str, "a text"),
    "substitute": (str, "a text"),
    "todo": (bool, "true or false"),
    "framework": (bool, "true or false"),
}
_NEEDED: Final = ("key", "channel", "day")
_CHOICES: Final[Mapping[str, type[StrEnum]]] = {
    "channel": Channel,
    "condition": Condition,
    "on_fail": OnFail,
    "substitute": Channel,
}


def problems_of(raw: object, where: str) -> list[Problem]:
    """What keeps this from being read as a step; empty means that ``steps.read`` takes it."""
    if not isinstance(raw, Mapping):
        return [Problem(where, "is no step", f"an object with {', '.join(_NEEDED)} and body")]
    found = [
        Problem(f"{where}.{name}", "is no field of a step", "one of " + ", ".join(FIELDS))
        for name in map(str, raw)
        if name not in FIELDS
    ]
    found += [Problem(f"{where}.{name}", "is missing", FIELDS[name][1]) for name in _NEEDED if name not in raw]
    return found + [one for name in FIELDS if name in raw for one in _value(name, raw[name], f"{where}.{name}")]


def _value(name: str, value: object, where: str) -> list[Problem]:
    kind, spelled = FIELDS[name]
    if name == "substitute" and value is None:
        return []
    if type(value) is not kind:  # True is an int to Python and no day to anybody
        return [Problem(where, f"is not {spelled}", spelled)]
    if name in _CHOICES and value not in list(_CHOICES[name]):
        return [Problem(where, f"is {_short(value)}", "one of " + ", ".join(_CHOICES[name]))]
    if name == "key" and not re.fullmatch(KEY, str(value)):
        return [Problem(where, f"is {_short(value)}", "1 to 40 of the characters a-z, 0-9 and -")]
    if name == "day" and not 0 <= int(str(value)) <= LAST_DAY:
        return [Problem(where, f"is {_short(value)}", f"0 to {LAST_DAY}")]
    return []


def _short(value: object) -> str:
    return repr(value)[:60]
