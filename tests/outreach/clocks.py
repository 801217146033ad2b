"""The days on which clocks are changed, found without the code under test."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

ZONES = sorted(available_timezones())


@cache
def changes(zone: str, first: int, last: int) -> tuple[datetime, ...]:
    """The hours of UTC before which a zone's distance to UTC changes in these years."""
    clock, moment, found = ZoneInfo(zone), datetime(first, 1, 1, tzinfo=UTC), []
    before = moment.astimezone(clock).utcoffset()
    while moment.year <= last:
        moment += timedelta(hours=24)
        after = moment.astimezone(clock).utcoffset()
        if after != before:
            found.append(moment - timedelta(hours=24))
        before = after
    return tuple(found)
