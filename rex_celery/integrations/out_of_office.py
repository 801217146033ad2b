"""When somebody who is away says that they are back: a day in their own words, by the date of their mail."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Final

import dateparser

from rex_celery.integrations.absence_words import (
    BACK,
    DAYS,
    LANGUAGE,
    LANGUAGES,
    NUMBERS,
    TO,
    UNTIL,
    WEEKDAY_NAMES,
)

# Nobody announces more than a year; what passed not long ago is an answer that somebody forgot to switch off.
_AHEAD, _PASSED = timedelta(days=366), timedelta(days=90)
_LONGEST, _MOST_DAYS, _BESIDE = 5_000, 20, 6
# No month and no day is a greater number; what is, is a year.
_MOST_OF_A_DATE = 31
_WEEKDAYS: Final = tuple(re.compile(rf"\b(?:{names})\b", re.IGNORECASE) for names in WEEKDAY_NAMES)
# A full stop behind an ordinal or a short word is no end.
_SENTENCE_ENDS = re.compile(r"(?<=[^\W\d]{4})[.!?](?=\s|$)|[!?]|\n\s*\n|(?<=\d{4})\.(?=\s|$)")


@dataclass(frozen=True, slots=True)
class _Named:
    """A day in a sentence: its words, their kind, and what stands between it and the days before and after it."""

    words: str
    kind: str
    before: str
    after: str


def return_date(text: str, at: datetime) -> date | None:
    """The day that the person names for their return, or as their last one away; None when they name none.

    ``at`` is when the mail came: days without a year lie after it, and ``3/4`` is read as its language would.
    """
    said = " ".join(text[:_LONGEST].replace("\xa0", " ").split(" "))
    language = _language(said)
    best: tuple[int, date] | None = None
    for named in _named(said):
        weight = _weight(named)
        day = _day(named, language, at.date()) if weight else None
        if day and (best is None or weight > best[0] or (weight == best[0] and day > best[1])):
            best = (weight, day)
    return best[1] if best else None


def _named(text: str) -> Iterator[_Named]:
    begins = 0
    for ends in [*(match.end() for match in _SENTENCE_ENDS.finditer(text)), len(text)]:
        sentence = " ".join(text[begins:ends].split())
        begins = ends
        found = _apart(list(islice(DAYS.finditer(sentence), _MOST_DAYS)))
        edges = [0, *(match.end() for match in found)], [*(match.start() for match in found), len(sentence)]
        for place, match in enumerate(found):
            kind = "numeric" if match["numeric"] else match.lastgroup or ""
            before, after = sentence[edges[0][place] : match.start()], sentence[match.end() : edges[1][place + 1]]
            yield _Named(match[0], kind, before, after)


def _apart(found: list[re.Match[str]]) -> list[re.Match[str]]:
    """Without the weekdays that only accompany a date, as in "Monday, 9 November"."""
    following = [match.start() for match in found[1:]] + [_LONGEST * 2]
    pairs = zip(found, following, strict=False)  # of none, nothing
    return [match for match, start in pairs if not (match["weekday"] and start - match.end() <= _BESIDE)]


def _weight(named: _Named) -> int:
    """How sure it is that the day ends the absence; 0: nothing says so."""
    near = named.before[-40:]
    if any(pattern.search(near) for pattern in UNTIL.values()):
        return 4
    if any(pattern.search(named.before[-80:]) for pattern in BACK.values()):
        return 4
    if TO.search(near):
        return 3
    return 2 if any(pattern.search(named.after[:60]) for pattern in BACK.values()) else 0


def _language(text: str) -> str:
    return max(LANGUAGES, key=lambda code: len(LANGUAGE[code].findall(text)))


def _day(named: _Named, language: str, today: date) -> date | None:
    match named.kind:
        case "weekday":
            number = next(number for number, name in enumerate(_WEEKDAYS) if name.fullmatch(named.words))
            return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
        case "day":
            return _day_of_month(int(re.sub(r"\D", "", named.words)), today)
        case "numeric" | "iso":
            days = _numeric(named.words, language, today)
        case _:
            days = [read] if (read := _in_words(named.words, language, today)) else []
    ahead = [day for day in days if timedelta(0) <= day - today <= _AHEAD]
    weekday = next((number for number, name in enumerate(_WEEKDAYS) if name.search(named.before[-15:])), None)
    return min([day for day in ahead if day.weekday() == weekday] or ahead, default=None)


def _numeric(words: str, language: str, today: date) -> list[date]:
    """What the numbers may mean: in English either may be the month, everywhere else the day comes first."""
    numbers = [int(number) for number in re.findall(r"\d+", words)]
    if words == "24/7":
        return []
    if numbers[0] > _MOST_OF_A_DATE:  # ISO 8601
        return _dates(numbers[0], numbers[1], numbers[2], today)
    year = _full_year(numbers[2]) if len(numbers) > len(("day", "month")) else None
    either = language == "en" and "." not in words
    first = _dates(year, numbers[1], numbers[0], today)
    return first + _dates(year, numbers[0], numbers[1], today) if either or not first else first


def _full_year(year: int) -> int:
    return year if year > _MOST_OF_A_DATE else 2000 + year


def _in_words(words: str, language: str, today: date) -> date | None:
    plain = " ".join(NUMBERS.get(word.lower(), word) for word in words.split())
    base = datetime.combine(today, time(12))  # without a zone, as the library wants it
    for languages in ([language], list(LANGUAGES)):
        if parsed := dateparser.parse(plain, languages=languages, settings={"RELATIVE_BASE": base}):
            has_year = re.search(r"\d{4}", words) is not None or not re.search(r"\d", words)
            found = parsed.date()
            return next(iter(_dates(found.year if has_year else None, found.month, found.day, today)), None)
    return None


def _day_of_month(day: int, today: date) -> date | None:
    """The next day of this number."""
    month = today.replace(day=1)
    for _ in range(3):
        for found in _dates(month.year, month.month, day, today):
            if found > today:
                return found
        month = (month + timedelta(days=31)).replace(day=1)
    return None


def _dates(year: int | None, month: int, day: int, today: date) -> list[date]:
    """This date, if there is one; without a year the next, unless it has just passed."""
    found = []
    for candidate in [year] if year else [today.year, today.year + 1]:
        with suppress(ValueError):
            found.append(date(candidate, month, day))
    if year or not found or found[0] >= today:
        return found[:1]
    return [] if today - found[0] <= _PASSED else found[-1:]
