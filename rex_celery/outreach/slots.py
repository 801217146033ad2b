"""The slots of time in which sending is counted: a tenant's calendar days, and clock hours."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

_HOUR = timedelta(hours=1)


class Slot(NamedTuple):
    """``start`` is its key in the database; ``until`` is when the next one begins."""

    start: datetime
    until: datetime


@lru_cache(maxsize=1024)
def day(at: datetime, zone: str) -> Slot:
    """The calendar day of a zone: 23 or 25 hours long when clocks are changed in it."""
    clock = ZoneInfo(zone)
    today = at.astimezone(clock).date()
    begun = [start for start in _midnights(today, clock) if start.astimezone(clock).date() == today]
    ahead = [
        start
        for start in _midnights(today + timedelta(days=1), clock)
        if start > at and start.astimezone(clock).date() != today
    ]
    return Slot(min(begun), min(ahead))


def hour(at: datetime) -> Slot:
    """The clock hour of UTC."""
    start = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return Slot(start, start + _HOUR)


def _midnights(day: date, clock: ZoneInfo) -> tuple[datetime, datetime]:
    """Where clocks are changed at midnight it comes twice or not at all: the moments before and after the change."""
    first = datetime.combine(day, time(), clock)
    return first.astimezone(UTC), first.replace(fold=1).astimezone(UTC)
