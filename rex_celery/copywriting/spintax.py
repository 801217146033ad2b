"""Spintax: ``{Hi|Hello}`` is one of its words, always the same one for the same message; written into Jinja's own terms."""  # noqa: E501

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final
from uuid import UUID

from rex_celery.copywriting import rendering
from rex_celery.errors import InvalidError

DEEPEST = 3
# Every alternative becomes a branch of the compiled template.
MOST_ALTERNATIVES = 200
PREFIX = "spin_"
# What a translation adds at most: a branch takes 33 characters, the marks of line breaks two for each tag.
MOST_ADDED = 16 * 1024

_STRINGS: Final = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_TAG: Final = re.compile(
    rf"\{{\{{(?:{_STRINGS}|(?!\}}\}})[^'\"])*\}}\}}|\{{%(?:{_STRINGS}|(?!%\}})[^'\"])*%\}}|\{{#.*?#\}}", re.DOTALL
)
_RAW: Final = re.compile(r"\{%[-+]?\s*raw\b")
_PLAIN: Final = re.compile(r"[^{|}]+")


@dataclass(frozen=True, slots=True)
class Spun:
    """A text in Jinja alone. ``sizes`` has the number of alternatives of each choice, in their order."""

    source: str
    sizes: tuple[int, ...]


@dataclass(slots=True)
class _Open:
    """A choice whose closing bracket has not come; ``start`` is where its present alternative begins."""

    number: int
    at: int
    start: int
    alternatives: int = 1


@dataclass(slots=True)
class _Translation:
    text: str
    out: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    opened: list[_Open] = field(default_factory=list)


def translate(text: str) -> Spun:
    """Write each choice as a condition on a name of its own, ``spin_0`` and so on; ``picks`` gives them values.

    Raises:
        InvalidError: brackets do not match, a choice has one alternative or half a condition, or there are too many.

    """
    state = _Translation(text)
    for at, piece in _pieces(text):
        if piece == "{":
            _begin(state, at)
        elif piece == "|" and state.opened:
            _next(state, at)
        elif piece == "}":
            _end(state, at)
        else:
            state.out.append(piece)
    if state.opened:
        raise _refused(text, state.opened[-1].at, "a choice is opened and not closed; write {one|another}")
    return Spun("".join(state.out), tuple(state.sizes))


def picks(sizes: tuple[int, ...], seed: UUID) -> dict[str, str]:
    """Which alternative of each choice this seed takes; even over seeds, and the same for ever."""
    return {f"{PREFIX}{number}": str(_pick(seed, number) % size) for number, size in enumerate(sizes)}


def _pick(seed: UUID, number: int) -> int:
    return int.from_bytes(blake2b(seed.bytes + number.to_bytes(2, "big"), digest_size=8).digest(), "big")


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Jinja's tags whole, the three signs of a choice one by one, and the text between them."""
    at = 0
    while at < len(text):
        if text.startswith(("{{", "{%", "{#"), at):
            piece = _tag(text, at)
        else:
            plain = _PLAIN.match(text, at)
            piece = plain[0] if plain else text[at]
        yield at, piece
        at += len(piece)


def _tag(text: str, at: int) -> str:
    tag = _TAG.match(text, at)
    if tag is None:
        raise _refused(text, at, f"{text[at : at + 2]} is not closed (a choice cannot begin with a choice)")
    if _RAW.match(tag[0]):
        raise _refused(text, at, "raw may not be used here")
    if PREFIX in tag[0]:
        raise _refused(text, at, f"names with {PREFIX} are taken")
    return tag[0]


def _begin(state: _Translation, at: int) -> None:
    if len(state.opened) == DEEPEST:
        raise _refused(state.text, at, f"choices stand in one another more than {DEEPEST} deep")
    number = len(state.sizes)
    state.sizes.append(1)
    state.opened.append(_Open(number, at, at + 1))
    state.out.append(_branch("if", number, 0))


def _next(state: _Translation, at: int) -> None:
    choice = state.opened[-1]
    _check_whole(state, choice, at)
    state.out.append(_branch("elif", choice.number, choice.alternatives))
    choice.start = at + 1
    choice.alternatives += 1
    state.sizes[choice.number] = choice.alternatives
    if sum(state.sizes) > MOST_ALTERNATIVES:
        raise _refused(state.text, at, f"there are more than {MOST_ALTERNATIVES} alternatives")


def _end(state: _Translation, at: int) -> None:
    if not state.opened:
        raise _refused(state.text, at, "} closes nothing; write {one|another} or {{ first_name }}")
    choice = state.opened.pop()
    if choice.alternatives == 1:
        found = state.text[choice.at : at + 1][:40]
        raise _refused(
            state.text, choice.at, f"{found} is no choice; write {{one|another}}, or {{{{ name }}}} for a fact"
        )
    _check_whole(state, choice, at)
    state.out.append("{%+ endif +%}")


def _check_whole(state: _Translation, choice: _Open, end: int) -> None:
    """Half a condition in one alternative would close the choice itself."""
    alternative = state.text[choice.start : end]
    if "{%" not in alternative:
        return
    try:
        rendering.names(alternative)
    except InvalidError as error:
        what = f"an alternative is not whole by itself ({error.detail.partition(': ')[2].rstrip('.')})"
        raise _refused(state.text, choice.start, what) from error


def _branch(word: str, number: int, alternative: int) -> str:
    # The plus signs keep the line breaks and spaces around it, which plain tags swallow.
    return f"{{%+ {word} {PREFIX}{number} == '{alternative}' +%}}"


def _refused(text: str, at: int, what: str) -> InvalidError:
    return InvalidError(f"Line {text.count(chr(10), 0, at) + 1}: {what}.", code="invalid_template")
