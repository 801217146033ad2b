"""The table of patterns that tell what an answer wants, read from ``reply_patterns.txt`` beside this file."""

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from rex_celery.outreach.labels import Label

_STRONG, _WEAK = 0.9, 0.6


@dataclass(frozen=True, slots=True)
class Pattern:
    """A way to say something; ``weight`` from 0 to 1 is how sure one match makes."""

    label: Label
    weight: float
    words: re.Pattern[str]


@cache
def patterns() -> tuple[Pattern, ...]:
    """All patterns, in the order in which they are looked for."""
    lists: dict[str, str] = {}
    found: list[Pattern] = []
    label = Label.UNCLEAR
    for line in (resources.files(__package__) / "reply_patterns.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("<"):
            name, _, words = line.partition(" = ")
            lists[name] = words
        elif line.startswith("["):
            label = Label(line.strip("[]"))
        elif line and not line.startswith("#"):
            found.append(_pattern(label, line, lists))
    return tuple(found)


def _pattern(label: Label, line: str, lists: dict[str, str]) -> Pattern:
    words = line.removeprefix("~ ")
    for name, alternatives in lists.items():
        words = words.replace(name, alternatives)
    return Pattern(label, _WEAK if line.startswith("~") else _STRONG, re.compile(words))
