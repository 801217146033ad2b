"""Which facts a text states, and which of its numbers, dates, names and links no fact supports."""

import re
from dataclasses import dataclass

from rex_celery.copywriting.facts import Facts

_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+|\n+")
_LINK = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+", re.IGNORECASE)
_NUMBER = re.compile(r"\d[\d.,:%/-]*")
_WORD = re.compile(r"[^\W\d_][\w'’.-]*")
_MONTHS = "january february march april june july august september october november december"
_DAYS = "monday tuesday wednesday thursday friday saturday sunday"
_COUNTS = "two three four five six seven eight nine ten eleven twelve dozen hundred thousand million percent"
# Words that state a date or an amount wherever they stand. "May" is missing: at the start of a sentence it is a verb,
# and elsewhere its capital letter gives it away.
_TELLING = frozenset(f"{_MONTHS} {_DAYS} {_COUNTS} yesterday".split())
# Capitals that name nobody.
_PLAIN_CAPITALS = frozenset({"i", "i'm", "i'll", "i'd", "i've", "stop", "ok"})


@dataclass(frozen=True, slots=True)
class Claim:
    """A line of a message and the names of the facts it states."""

    line: str
    facts: tuple[str, ...]


def claims_in(text: str, facts: Facts) -> tuple[Claim, ...]:
    """The lines of a text that state a stored fact, each with those facts."""
    known = facts.known()
    stated = ((line, tuple(name for name, value in known.items() if value in line)) for line in text.splitlines())
    return tuple(Claim(line, names) for line, names in stated if names)


def unfounded(text: str, facts: Facts) -> tuple[str, ...]:
    """The numbers, dates, links and names in a text that stand in no fact, in their order; empty means it may go out.

    A name that opens a sentence is not seen: there every word has a capital. Lower-case claims about the reader's
    business are not seen either, so a free text still needs a person or a second reader.
    """
    support = " ".join(facts.known().values()).casefold()
    words = frozenset(_bare(word) for word in _WORD.findall(support))
    found = [link for link in _LINK.findall(text) if link.rstrip(".,;:)").casefold() not in support]
    rest = _LINK.sub(" ", text)
    numbers = frozenset(number.strip(".,:-") for number in _NUMBER.findall(support))
    found += [number for number in map(_bare, _NUMBER.findall(rest)) if number not in numbers]
    for sentence in _SENTENCE_END.split(rest):
        found += _unfounded_words(sentence, words)
    return tuple(found)


def _unfounded_words(sentence: str, supported: frozenset[str]) -> list[str]:
    found = []
    for position, word in enumerate(_WORD.findall(sentence)):
        bare = _bare(word)
        telling = bare in _TELLING or (position > 0 and word[0].isupper() and bare not in _PLAIN_CAPITALS)
        if telling and bare not in supported:
            found.append(word.rstrip(".-'’"))
    return found


def _bare(word: str) -> str:
    return word.casefold().strip(".,:;-'’").removesuffix("'s").removesuffix("’s")
