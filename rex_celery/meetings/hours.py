"""Weekly hours as they are written: ``{"mon": [["09:00", "12:00"], ["13:00", "24:00"]]}``, in wall time."""

import re
from collections.abc import Mapping, Sequence
from datetime import time
from itertools import pairwise

from rex_celery.errors import InvalidError, Problem
from rex_celery.meetings.availability import Span

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# The end of a day, which no ``time`` can say.
_MIDNIGHT = "24:00"
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_EXPECTED = 'two times from "00:00" to "24:00", the first earlier, such as ["09:00", "17:00"]'

Written = Mapping[str, Sequence[Sequence[str]]]


def read(written: Written, where: str = "hours") -> dict[int, tuple[Span, ...]]:
    """The spans of each weekday, 0 is Monday, in order.

    Raises:
        InvalidError: with every day and span that is not as it should be.

    """
    problems = list(_problems(written, where))
    spans = {DAYS.index(day): _spans(given) for day, given in written.items()} if not problems else {}
    for day, found in spans.items():
        for before, after in pairwise(found):
            if before.closes is None or after.opens < before.closes:
                place = f"{where}.{DAYS[day]}"
                problems.append(Problem(place, "has hours that overlap", "hours that follow one another"))
    if not problems and not any(spans.values()):
        problems.append(Problem(where, "are never open", "hours on one day at least"))
    if problems:
        raise InvalidError("The opening hours cannot be used.", code="bad_hours", problems=tuple(problems))
    return spans


def _problems(written: Written, where: str) -> list[Problem]:
    days = [Problem(f"{where}.{day}", "is no day", ", ".join(DAYS)) for day in written if day not in DAYS]
    spans = [
        Problem(f"{where}.{day}.{number}", f"{list(span)} are no hours", _EXPECTED)
        for day, given in written.items()
        for number, span in enumerate(given)
        if not _is_span(span)
    ]
    return days + spans


def _is_span(span: Sequence[str]) -> bool:
    if len(span) != 2:  # noqa: PLR2004  from and to
        return False
    opens, closes = span
    return bool(_CLOCK.fullmatch(opens)) and (closes == _MIDNIGHT or bool(_CLOCK.fullmatch(closes))) and opens < closes


def _spans(given: Sequence[Sequence[str]]) -> tuple[Span, ...]:
    spans = (Span(time.fromisoformat(a), None if b == _MIDNIGHT else time.fromisoformat(b)) for a, b in given)
    return tuple(sorted(spans, key=lambda span: span.opens))
