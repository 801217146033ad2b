"""The sequences that come with REX, read from the files in ``shipped`` once."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

KEYS = ("reactivation-multi", "reactivation-standard", "reactivation-soft", "first-touch")


@dataclass(frozen=True, slots=True)
class Form:
    """A sequence as shipped. ``strategy`` is the reviver's strategy that takes it within its ``family``, or empty."""

    key: str
    name: str
    description: str
    family: str
    strategy: str
    steps: tuple[dict[str, Any], ...]


@cache
def forms() -> tuple[Form, ...]:
    """All of them, in the order of ``KEYS``."""
    return tuple(_read(key) for key in KEYS)


def _read(key: str) -> Form:
    source = files("rex_celery.outreach").joinpath("shipped", f"{key}.toml").read_text(encoding="utf-8")
    known = tomllib.loads(source)
    steps = tuple(one | {"body": one.get("body", "").strip()} for one in known["steps"])
    return Form(key, known["name"], known["description"], known["family"], known.get("strategy", ""), steps)
