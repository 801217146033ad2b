"""Free slots: never outside the hours, never over what is busy, on any day in any zone."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rex_celery.meetings.availability import Interval, Rules, Span, fits, slots

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NEW_YORK = ZoneInfo("America/New_York")
APIA, LORD_HOWE = ZoneInfo("Pacific/Apia"), ZoneInfo("Australia/Lord_Howe")
NINE_TO_FIVE = {day: (Span(time(9), time(17)),) for day in range(5)}
MONDAY = datetime(2026, 6, 1, 0, tzinfo=UTC)


def rules(zone: ZoneInfo = NEW_YORK, hours: Mapping[int, Sequence[Span]] = NINE_TO_FIVE, **other: timedelta) -> Rules:
    known = {"length": 30 * MINUTE, "buffer": 0 * MINUTE, "notice": 0 * MINUTE, "horizon": timedelta(days=7)}
    return Rules(zone, hours, **(known | other))


def local(zone: ZoneInfo, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=zone, fold=fold).astimezone(UTC)  # type: ignore[misc,arg-type]


def test_a_week_of_office_hours_in_slots_of_half_an_hour() -> None:
    found = slots(rules(), (), MONDAY)
    assert len(found) == 5 * 16
    assert found[0] == local(NEW_YORK, 2026, 6, 1, 9)
    assert found[-1] == local(NEW_YORK, 2026, 6, 5, 16, 30)


def test_what_is_busy_is_left_out_with_its_buffer() -> None:
    busy = Interval(local(NEW_YORK, 2026, 6, 1, 10), local(NEW_YORK, 2026, 6, 1, 11))
    found = slots(rules(buffer=15 * MINUTE), [busy], MONDAY, Interval(MONDAY, MONDAY + timedelta(days=1)))
    assert [one.astimezone(NEW_YORK).time() for one in found[:3]] == [time(9), time(11, 30), time(12)]


def test_what_ends_as_the_meeting_begins_is_not_in_its_way() -> None:
    start = local(NEW_YORK, 2026, 6, 1, 10)
    busy = [Interval(start - HOUR, start), Interval(start + 30 * MINUTE, start + HOUR)]
    assert fits(rules(), busy, MONDAY, start)
    assert not fits(rules(buffer=MINUTE), busy, MONDAY, start)


def test_a_long_meeting_is_not_hidden_behind_a_short_one() -> None:
    start = local(NEW_YORK, 2026, 6, 1, 10)
    busy = [Interval(start - 3 * HOUR, start + 3 * HOUR), Interval(start - HOUR, start - 30 * MINUTE)]
    assert not fits(rules(), busy, MONDAY, start)


def test_notice_and_horizon_bound_what_is_shown() -> None:
    now = local(NEW_YORK, 2026, 6, 1, 9, 10)
    found = slots(rules(notice=4 * HOUR, horizon=timedelta(days=1)), (), now)
    assert found[0] == local(NEW_YORK, 2026, 6, 1, 13, 30)
    assert found[-1] == local(NEW_YORK, 2026, 6, 2, 9)


def test_only_a_slot_of_the_grid_fits() -> None:
    assert fits(rules(), (), MONDAY, local(NEW_YORK, 2026, 6, 1, 9, 30))
    assert not fits(rules(), (), MONDAY, local(NEW_YORK, 2026, 6, 1, 9, 10))
    assert not fits(rules(), (), MONDAY, local(NEW_YORK, 2026, 6, 1, 17))
    assert not fits(rules(), (), MONDAY, local(NEW_YORK, 2026, 6, 6, 9))


def test_a_day_may_be_open_until_midnight_and_from_midnight() -> None:
    whole = {day: (Span(time(0), None),) for day in range(7)}
    assert len(slots(rules(hours=whole), (), MONDAY)) == 7 * 48


@pytest.mark.parametrize(
    ("day", "opens", "closes", "expected"),
    [
        (date(2026, 3, 8), time(1), time(4), 2 * 2),  # 2:00 to 3:00 does not exist
        (date(2026, 3, 8), time(2, 30), time(5), 3),  # 2:30 does not exist: from 3:30
        (date(2026, 11, 1), time(0), time(3), 4 * 2),  # 1:00 to 2:00 comes twice, and both are inside
        (date(2026, 11, 1), time(1, 30), time(3), 3),  # from the second 1:30: the second 1:00 is outside
        (date(2026, 11, 1), time(0), time(1, 30), 3),  # until the first 1:30
    ],
)
def test_a_day_on_which_the_clocks_change(day: date, opens: time, closes: time, expected: int) -> None:
    hours = {day.weekday(): (Span(opens, closes),)}
    found = slots(rules(hours=hours), (), datetime.combine(day, time(), UTC))
    assert len(found) == expected


@cache
def changes(name: str) -> tuple[datetime, ...]:
    """Each change of the clocks of a zone from 2005 on, daylight saving or whatever was decided, to the minute."""
    zone, found, moment = ZoneInfo(name), [], datetime(2005, 1, 1, tzinfo=UTC)
    while moment.year < 2031:
        after = moment + timedelta(days=7)
        if moment.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            found.append(_between(zone, moment, after))
        moment = after
    return tuple(found) or (datetime(2026, 6, 1, 12, tzinfo=UTC),)


def _between(zone: ZoneInfo, early: datetime, late: datetime) -> datetime:
    while late - early > MINUTE:
        middle = early + (late - early) // 2
        if middle.astimezone(zone).utcoffset() == early.astimezone(zone).utcoffset():
            early = middle
        else:
            late = middle
    return late.replace(second=0, microsecond=0)


def _clock(minutes: int) -> time | None:
    return time(minutes // 60, minutes % 60) if minutes < 24 * 60 else None


@st.composite
def spans(draw: st.DrawFn, around: int = 12 * 60) -> Span:
    """Hours of a day, in minutes of 15, of which one end is mostly near a time of day."""
    near = st.integers(around - 120, around + 120).map(lambda minutes: min(max(minutes // 15, 0), 96))
    opens, closes = sorted(draw(st.tuples(near | st.integers(0, 96), near | st.integers(0, 96))))
    begin = _clock(min(opens, 95) * 15)
    assert begin is not None
    return Span(begin, _clock(max(closes, opens + 1) * 15))


@st.composite
def days_of_change(draw: st.DrawFn) -> tuple[ZoneInfo, datetime, Span]:
    """A zone, a moment at which its clocks changed, and hours that begin or end near that time of day."""
    name = draw(st.sampled_from(sorted(available_timezones())))
    at = draw(st.sampled_from(changes(name)))
    wall = (at - MINUTE).astimezone(ZoneInfo(name))
    return ZoneInfo(name), at, draw(spans(wall.hour * 60 + wall.minute))


@settings(max_examples=250)
@given(
    day=days_of_change(),
    length=st.sampled_from([5, 15, 30, 45, 60]),
    busy=st.lists(st.tuples(st.integers(-1500, 3000), st.integers(1, 600)), max_size=6),
    buffer=st.sampled_from([0, 10]),
)
@example((APIA, local(APIA, 2011, 12, 31, 0), Span(time(9), time(17))), 30, [], 0)
@example((LORD_HOWE, datetime(2026, 4, 4, 15, tzinfo=UTC), Span(time(1), time(4))), 15, [(60, 30)], 10)
@example((NEW_YORK, datetime(2026, 11, 1, 6, tzinfo=UTC), Span(time(1, 30), time(4))), 15, [], 0)
def test_no_slot_is_outside_the_hours_or_over_something_busy_in_any_zone_when_the_clocks_change(
    day: tuple[ZoneInfo, datetime, Span], length: int, busy: list[tuple[int, int]], buffer: int
) -> None:
    zone, at, span = day
    now = at - timedelta(days=1)
    taken = [Interval(at + start * MINUTE, at + (start + minutes) * MINUTE) for start, minutes in busy]
    timing = {"length": length * MINUTE, "buffer": buffer * MINUTE, "horizon": timedelta(days=3)}
    found = slots(rules(zone, dict.fromkeys(range(7), (span,)), **timing), taken, now)
    assert found == sorted(set(found))
    for start in found:
        end = start + length * MINUTE
        # Every five minutes of it, read off the host's clock, the last one just before the end.
        for passed in (*range(0, length, 5), length - 1):
            wall = (start + passed * MINUTE).astimezone(zone)
            assert wall.time() >= span.opens
            assert span.closes is None or wall.time() < span.closes
        assert not any(one.start < end + buffer * MINUTE and start - buffer * MINUTE < one.end for one in taken)
        assert now <= start < now + timedelta(days=3)


@given(name=st.sampled_from(sorted(available_timezones())), span=spans())
def test_on_a_day_without_a_change_every_slot_of_the_hours_is_offered(name: str, span: Span) -> None:
    zone = ZoneInfo(name)
    day = date(2026, 6, 17)
    asked = rules(zone, {day.weekday(): (span,)}, length=15 * MINUTE)
    closes = 24 * 60 if span.closes is None else span.closes.hour * 60 + span.closes.minute
    found = slots(asked, (), datetime(2026, 6, 15, tzinfo=UTC))
    assert len(found) == (closes - span.opens.hour * 60 - span.opens.minute) // 15
