"""When clocks on walls allow sending: local hours, days and holidays of several zones at once, as spans of UTC."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from rex_celery.outreach import public_holidays
from rex_celery.outreach.policy import Hours
from rex_celery.outreach.public_holidays import Calendar

DAY = 86_400
_HOUR = 3_600
_EPOCH = date(1970, 1, 1).toordinal()
# Somebody who works on Mondays only may have Christmas and New Year on two of them.
HORIZON_DAYS = 35

Span = tuple[int, int]
"""Seconds since 1970 in UTC, the end not included."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock that must agree: it does in any of the bands, and not on a holiday of its calendar."""

    zone: str
    bands: tuple[Hours, ...]
    calendar: Calendar | None = None


def opens(clocks: tuple[Clock, ...], at: datetime) -> datetime | None:
    """The first moment from ``at`` on when all clocks agree, ``at`` itself if they do now; None: not for weeks."""
    seconds = at.timestamp()
    for start, end in _ahead(clocks, seconds):
        if end > seconds:
            return at if start <= seconds else datetime.fromtimestamp(start, UTC)
    return None


def closes(clocks: tuple[Clock, ...], at: datetime) -> datetime:
    """The moment when the clocks that agree at ``at`` stop to; ``at`` itself if they do not agree then."""
    until = seconds = at.timestamp()
    for start, end in _ahead(clocks, seconds):
        if start > until:
            break
        until = max(until, end)
    return at if until == seconds else datetime.fromtimestamp(until, UTC)


def on_holiday(clocks: tuple[Clock, ...], at: datetime) -> bool:
    """Whether it is a holiday where one of the clocks hangs."""
    return any(
        clock.calendar and public_holidays.is_holiday(clock.calendar, at.astimezone(ZoneInfo(clock.zone)).date())
        for clock in clocks
    )


def _ahead(clocks: tuple[Clock, ...], seconds: float) -> Iterator[Span]:
    first = int(seconds // DAY)
    for day in range(first, first + HORIZON_DAYS + 1):
        yield from spans(clocks, day)


@lru_cache(maxsize=65_536)
def spans(clocks: tuple[Clock, ...], day: int) -> tuple[Span, ...]:
    """When all clocks agree within one day of UTC, numbered from 1970."""
    found = [(day * DAY, (day + 1) * DAY)]
    for clock in clocks:
        found = [
            (max(start, since), min(end, until))
            for start, end in found
            for since, until in _open(clock, day)
            if max(start, since) < min(end, until)
        ]
    return tuple(found)


@lru_cache(maxsize=65_536)
def _open(clock: Clock, day: int) -> tuple[Span, ...]:
    found = []
    for start, end, offset in _segments(clock.zone, day):
        # Within a segment wall time is UTC and a constant: nothing is skipped and nothing comes twice.
        for local in range((start + offset) // DAY, (end + offset - 1) // DAY + 1):
            for since, until in _hours_of(clock, local):
                begin, finish = local * DAY + since - offset, local * DAY + until - offset
                found.append((max(start, begin), min(end, finish)))
    return _merged(span for span in found if span[0] < span[1])


def _hours_of(clock: Clock, local: int) -> Iterator[Span]:
    """The open seconds of one local day; the night belongs to the day on which its hours began."""
    if _rests(clock, local):
        return
    for band in clock.bands:
        start, end = _seconds(band.start), _seconds(band.end)
        if start < end:
            if _weekday(local) in band.days:
                yield start, end
        elif start > end:
            if _weekday(local) in band.days:
                yield start, DAY
            if _weekday(local - 1) in band.days and not _rests(clock, local - 1):
                yield 0, end


def _rests(clock: Clock, local: int) -> bool:
    return clock.calendar is not None and public_holidays.is_holiday(clock.calendar, date.fromordinal(_EPOCH + local))


def _weekday(local: int) -> int:
    return date.fromordinal(_EPOCH + local).isoweekday()


def _seconds(moment: time) -> int:
    return moment.hour * _HOUR + moment.minute * 60 + moment.second


def _merged(found: Iterable[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


@lru_cache(maxsize=65_536)
def _segments(zone: str, day: int) -> tuple[tuple[int, int, int], ...]:
    """One day of UTC in pieces (start, end, offset) in which the zone's distance to UTC stays the same."""
    clock, start = ZoneInfo(zone), day * DAY
    pieces = []
    for hour in range(day * DAY, (day + 1) * DAY, _HOUR):
        before, after = _offset(clock, hour), _offset(clock, hour + _HOUR)
        if before != after:
            change = _change(clock, hour, hour + _HOUR)
            pieces.append((start, change, before))
            start = change
    end = (day + 1) * DAY
    return tuple(pieces) if start == end else (*pieces, (start, end, _offset(clock, end - 1)))


def _change(clock: ZoneInfo, low: int, high: int) -> int:
    """The second at which the offset changes between two moments."""
    before = _offset(clock, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(clock, middle) == before else (low, middle)
    return high


def _offset(clock: ZoneInfo, seconds: int) -> int:
    found = datetime.fromtimestamp(seconds, clock).utcoffset()
    return round(found.total_seconds()) if found else 0
