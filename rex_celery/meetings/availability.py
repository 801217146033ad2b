"""When a host is free: weekly hours in the host's time zone, less what is busy, as slots in UTC."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


class Interval(NamedTuple):
    """From a moment to another, aware, the second not included."""

    start: datetime
    end: datetime


class Span(NamedTuple):
    """Opening hours of one day; ``closes`` None is midnight."""

    opens: time
    closes: time | None


@dataclass(frozen=True, slots=True)
class Rules:
    """When somebody may be booked. ``hours`` has the spans of each weekday (0 is Monday), in wall time of ``zone``.

    ``length`` of a meeting, ``buffer`` kept free before and after it, ``notice`` before it may begin, and how far
    ahead one may look.
    """

    zone: ZoneInfo
    hours: Mapping[int, Sequence[Span]]
    length: timedelta
    buffer: timedelta
    notice: timedelta
    horizon: timedelta


def slots(rules: Rules, busy: Iterable[Interval], now: datetime, within: Interval | None = None) -> list[datetime]:
    """The beginnings of free slots in order, aware, in UTC; only those that begin ``within`` where that is given."""
    first, last = now + rules.notice, now + rules.horizon
    if within:
        first, last = max(first, within.start), min(last, within.end)
    taken = _merged(busy)
    starts = sorted({start for start in _starts(rules, first, last) if first <= start < last})
    return [start for start in starts if _free(rules, taken, start)]


def fits(rules: Rules, busy: Iterable[Interval], now: datetime, start: datetime) -> bool:
    """Whether a meeting may begin at this moment."""
    return start in slots(rules, busy, now, Interval(start, start + timedelta(seconds=1)))


def opening(zone: ZoneInfo, day: date, span: Span) -> Interval:
    """The moments between opening and closing on one day; empty when the end is not after the start.

    A wall time that comes twice or never has two readings, and the narrower is taken on both sides: whatever the clocks
    do on that day, no moment in between is outside the hours.
    """
    closing = datetime.combine(day, span.closes) if span.closes else datetime.combine(day + DAY, time())
    return Interval(max(_readings(zone, datetime.combine(day, span.opens))), min(_readings(zone, closing)))


def _readings(zone: ZoneInfo, wall: datetime) -> tuple[datetime, datetime]:
    early, late = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return early, late


def _starts(rules: Rules, first: datetime, last: datetime) -> Iterator[datetime]:
    # A day earlier and later than asked: the host's day is not UTC's.
    day, end = first.astimezone(rules.zone).date() - DAY, last.astimezone(rules.zone).date() + DAY
    while day <= end:
        for span in rules.hours.get(day.weekday(), ()):
            opens, closes = opening(rules.zone, day, span)
            while opens + rules.length <= closes:
                yield opens
                opens += rules.length
        day += DAY


def _merged(busy: Iterable[Interval]) -> list[Interval]:
    """The same busy time without overlaps, in order."""
    merged: list[Interval] = []
    for start, end in sorted(busy):
        if merged and start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, end))
        else:
            merged.append(Interval(start, end))
    return merged


def _free(rules: Rules, taken: list[Interval], start: datetime) -> bool:
    """Whether nothing busy reaches into the meeting or its buffers."""
    begins, ends = start - rules.buffer, start + rules.length + rules.buffer
    # The last one that begins before the end: those before it end before it begins.
    found = bisect_left(taken, ends, key=lambda interval: interval.start) - 1
    return found < 0 or taken[found].end <= begins
