"""Writes a step's message: snippets put in, choices taken, facts printed; what nobody knows is never printed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from uuid import NAMESPACE_OID, UUID, uuid5

from jinja2 import Template

from rex_celery.copywriting import line_breaks, rendering, snippets, spintax
from rex_celery.copywriting.facts import FACT_NAMES
from rex_celery.errors import InvalidError

LARGEST = rendering.LARGEST_TEMPLATE

_MOST: Final = LARGEST + spintax.MOST_ADDED
_TOKENS: Final = ("{{", "}}", "{%", "%}", "{#", "#}")
_BLANK_LINES: Final = re.compile(r"\n[ \t]*\n\s*\n")


@dataclass(frozen=True, slots=True)
class _Wording:
    template: Template
    sizes: tuple[int, ...]
    unknown: frozenset[str]


def write(subject: str, body: str, facts: Mapping[str, str], bodies: Mapping[str, str], seed: UUID) -> tuple[str, str]:
    """The subject and body of one message; ``bodies`` are the snippets, the same ``seed`` gives the same words.

    An empty subject stays empty: the message goes into the thread of the one before.

    Raises:
        InvalidError: ``content_unresolved_variable`` with the name of a fact that is missing, ``content_empty`` when
            nothing is left to say, else ``invalid_template`` or ``unknown_snippet``.

    """
    line = " ".join(_written(subject, facts, bodies, uuid5(NAMESPACE_OID, seed.hex)).split())
    text = _BLANK_LINES.sub("\n\n", _written(body, facts, bodies, seed)).strip()
    if not text or (subject.strip() and not line):
        raise InvalidError("The message has no text or no subject.", code="content_empty")
    return line, text


def check(text: str, bodies: Mapping[str, str]) -> None:
    """See that a text can be written once its snippets are put in.

    Raises:
        InvalidError: as ``write``, save for facts.

    """
    _wording(snippets.expand(text, bodies, LARGEST))


def names(text: str) -> tuple[tuple[str, int], ...]:
    """The facts that a text without snippets asks for or prints, each with its line, in reading order.

    Raises:
        InvalidError: the text is no template that messages may use.

    """
    named = rendering.names(_spun(text).source, _MOST)
    return tuple(sorted({one for one in named if not one[0].startswith(spintax.PREFIX)}, key=lambda one: one[::-1]))


def _written(source: str, facts: Mapping[str, str], bodies: Mapping[str, str], seed: UUID) -> str:
    if not source.strip():
        return ""
    wording = _wording(snippets.expand(source, bodies, LARGEST))
    if missing := sorted(wording.unknown - facts.keys()):
        raise InvalidError(f"{missing[0]!r} is no fact that REX knows.", code="content_unresolved_variable")
    text = rendering.render(wording.template, dict(facts) | spintax.picks(wording.sizes, seed))
    if token := next(filter(text.__contains__, _TOKENS), None):
        raise InvalidError(f"The message holds {token!r}.", code="content_unresolved_variable")
    return text


@lru_cache(maxsize=1024)  # the texts of the steps in use; a hundred times slower without
def _wording(source: str) -> _Wording:
    if len(source.encode(errors="replace")) > LARGEST:
        raise InvalidError("The text is larger than 20 KB.", code="invalid_template")
    spun = _spun(source)
    used = frozenset(name for name, _ in rendering.names(spun.source, _MOST))
    unknown = frozenset(name for name in used - set(FACT_NAMES) if not name.startswith(spintax.PREFIX))
    return _Wording(rendering.compile_template(spun.source, _MOST), spun.sizes, unknown)


def _spun(source: str) -> spintax.Spun:
    return spintax.translate(line_breaks.keep(source))
