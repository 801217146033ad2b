"""Which names and offers are fit to print in a message: one line, no placeholder, no hidden character."""

import re
from functools import lru_cache

from rex_celery.errors import InvalidError, Problem

# Anything longer is no name; the offer is one line, and the message must stay below 150 words with it.
LONGEST_NAME = 60
LONGEST_OFFER = 280
MOST_OFFER_WORDS = 45

_LINK = re.compile(r"https?://(?:www\.)?|\bwww\.", re.IGNORECASE)
# Characters of template languages and mail-merge tokens: no name holds them, half-cleaned exports do.
_MARKUP = re.compile(r"[{}\[\]<>|]|%\w+%")
_PLACEHOLDERS = frozenset(
    {"n/a", "na", "none", "null", "nil", "unknown", "test", "tbd", "-", "--", "first name", "name"}
)


@lru_cache(maxsize=4096)  # a sender's name stands in every message, a city's in many
def name(value: str | None) -> str | None:
    """A name as it can stand in a message, or None if it is missing or no name at all."""
    text = one_line(value or "")
    if not text or len(text) > LONGEST_NAME or text.lower() in _PLACEHOLDERS:
        return None
    if _MARKUP.search(text) or _LINK.search(text) or not any(character.isalnum() for character in text):
        return None
    return text


def first_name(value: str | None) -> str | None:
    """A first name, which has neither digits nor an @, or None."""
    text = name(value)
    return None if text is None or "@" in text or any(character.isdigit() for character in text) else text


def offer(value: str) -> str:
    """The offer on one line, as it will be printed.

    Raises:
        InvalidError: it is empty, too long, holds a placeholder or more than one link.

    """
    if problem := offer_problem(value):
        raise InvalidError(problem.what, code="invalid_offer", action=problem.expected, problems=(problem,))
    return one_line(value)


@lru_cache(maxsize=64)  # asked again for every message of a mission
def offer_problem(value: str) -> Problem | None:
    """What is wrong with an offer, or None."""
    line = one_line(value)
    if not line:
        return Problem("offer", "The offer is empty.", "Say in one line what you offer.")
    if len(line) > LONGEST_OFFER or len(line.split()) > MOST_OFFER_WORDS:
        limits = f"At most {LONGEST_OFFER} characters and {MOST_OFFER_WORDS} words."
        return Problem("offer", "The offer is too long.", limits)
    if found := _MARKUP.search(line):
        return Problem("offer", f"The offer holds {found[0]!r}.", "Plain text without placeholders or brackets.")
    if len(_LINK.findall(line)) > 1:
        return Problem("offer", "The offer has more than one link.", "At most one link.")
    return None


def one_line(value: str) -> str:
    """The text with its spaces evened out; line breaks would end a header, control characters turn text round."""
    if not value.isprintable():
        value = "".join(character for character in value if character.isprintable() or character.isspace())
    return " ".join(value.split())
