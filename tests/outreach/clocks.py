"""The days on which clocks are changed and what is within hours, found without the code under test."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import strategies as st

from rex_celery.outreach.policy import Hours

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


def inside(at: datetime, zone: str, window: Hours) -> bool:
    """Said anew, by wall time alone: the night belongs to the day on which its hours began."""
    wall = at.astimezone(ZoneInfo(zone))
    today, yesterday = wall.isoweekday(), (wall - timedelta(days=1)).isoweekday()
    if window.start < window.end:
        return today in window.days and window.start <= wall.time() < window.end
    late = today in window.days and wall.time() >= window.start
    return late or (yesterday in window.days and wall.time() < window.end)


@st.composite
def moments(draw: st.DrawFn) -> tuple[str, datetime]:
    """A moment within two days of a change of the clocks, in a zone that changes them; or any in one that does not."""
    zone = draw(st.sampled_from(ZONES))
    known = changes(zone, 2005, 2037)
    around = draw(st.sampled_from(known)) if known else datetime(2026, 3, 29, tzinfo=UTC)
    return zone, around + timedelta(seconds=draw(st.integers(-172_800, 172_800)))


@st.composite
def windows(draw: st.DrawFn) -> Hours:
    start = draw(st.times().map(lambda moment: moment.replace(second=0, microsecond=0)))
    end = draw(st.times().map(lambda moment: moment.replace(second=0, microsecond=0)).filter(lambda m: m != start))
    return Hours(start, end, draw(st.frozensets(st.integers(1, 7), min_size=1)))
