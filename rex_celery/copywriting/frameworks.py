"""The four frameworks and their templates, read once: parts, each with choices that need different facts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from uuid import UUID

from rex_celery.copywriting import rendering
from rex_celery.vocabulary import Dormancy, Framework

_FOR_DORMANCY = {
    # Money was the hurdle: show the situation after, and that the way there is short.
    Dormancy.BUDGET: Framework.BAB,
    # The moment was wrong: win attention anew and ask whether it is better now.
    Dormancy.TIMING: Framework.AIDA,
    # Somebody else was chosen: say plainly what there is and what it is good for.
    Dormancy.COMPETITOR: Framework.FAB,
    # The reader may never have heard of us: attention first.
    Dormancy.CONTACT_CHANGED: Framework.AIDA,
    # It was left lying: name that problem.
    Dormancy.GHOSTED: Framework.PAS,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One wording of a part and the facts without which it cannot be used."""

    text: str
    facts: frozenset[str]


Parts = Mapping[str, tuple[Choice, ...]]
"""The choices of each part, by ``channel.part``, in the order of the file."""


def for_dormancy(dormancy: Dormancy, lead_id: UUID) -> Framework:
    """The framework for a lead that went quiet for this reason, when the mission names none.

    Where nobody knows why, nothing speaks for one of them: the lead's id decides, and each gets about a quarter.
    """
    every = tuple(Framework)
    return _FOR_DORMANCY.get(dormancy, every[lead_id.int % len(every)])


@cache
def parts_of(name: str) -> Parts:
    """The parts in a template file: a framework's name in lower case, or ``shared``."""
    source = files("rex_celery.copywriting").joinpath("templates", f"{name}.txt").read_text(encoding="utf-8")
    return parse(source)


def parse(source: str) -> Parts:
    """Read a template file; what stands before the first part is its description.

    Raises:
        InvalidError: a choice is not a template that messages may use.

    """
    _, *sections = re.split(r"^== (\S+)\n", source, flags=re.MULTILINE)
    return {name: _choices(body) for name, body in zip(sections[::2], sections[1::2], strict=True)}


def _choices(body: str) -> tuple[Choice, ...]:
    """Split at lines of ``--`` or ``-- needs fact, fact``; the words after "needs" belong to the choice below."""
    marked = body if body.startswith("--") else f"--\n{body}"
    _, *pieces = re.split(r"^--(?: needs ([\w, ]+))?\n", marked, flags=re.MULTILINE)
    return tuple(_choice(text.strip(), needs) for needs, text in zip(pieces[::2], pieces[1::2], strict=True))


def _choice(text: str, needs: str | None) -> Choice:
    presupposed = frozenset(re.findall(r"\w+", needs or ""))
    return Choice(text, rendering.variables(text) | presupposed)
