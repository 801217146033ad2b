from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rex_celery.outreach.policy import STANDARD, Hours, Policy
from rex_celery.outreach.windows import Opening, Place, closes_at, next_open
from rex_celery.vocabulary import Channel
from tests.outreach.clocks import ZONES, changes, inside, moments, windows

WEEK = frozenset(range(1, 8))
WORKING = frozenset({1, 2, 3, 4, 5})
BERLIN = Place("Europe/Berlin", "stated", "DE")


def hours(start: str, end: str, days: frozenset[int] = WEEK) -> Hours:
    return Hours(time.fromisoformat(start), time.fromisoformat(end), days)


def policy(start: str = "09:00", end: str = "17:00", days: frozenset[int] = WEEK, *, holidays: bool = False) -> Policy:
    return Policy(hours=hours(start, end, days), holidays=holidays)


def email(at: datetime, place: Place, known: Policy = STANDARD) -> Opening:
    return next_open(at, place, Channel.EMAIL, known)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def holds(at: datetime, zone: str, known: Policy) -> None:
    """What is true of every opening."""
    place = Place(zone, "stated")
    opening = email(at, place, known)
    assert opening.at is not None
    assert opening.at >= at
    assert (opening.at == at) == inside(at, zone, known.hours)
    assert inside(opening.at, zone, known.hours)
    assert email(opening.at, place, known).at == opening.at
    before = at
    while before < min(opening.at, at + timedelta(hours=30)):
        assert not inside(before, zone, known.hours)
        before += timedelta(minutes=13)
    closes = closes_at(opening.at, place, Channel.EMAIL, known)
    assert opening.at < closes
    assert inside(closes - timedelta(seconds=1), zone, known.hours)
    assert not inside(closes, zone, known.hours)


@settings(max_examples=600)
@given(moment=moments(), window=windows())
def test_p17_no_opening_lies_outside_its_window_in_any_zone_around_a_change_of_clocks(
    moment: tuple[str, datetime], window: Hours
) -> None:
    zone, at = moment
    # A window of minutes may fall into the hour that is skipped, weeks in a row only if it is that of one weekday.
    if email(at, Place(zone, "stated"), Policy(hours=window, holidays=False)).at is not None:
        holds(at, zone, Policy(hours=window, holidays=False))


@settings(max_examples=300)
@given(moment=moments(), window=windows(), later=st.timedeltas(timedelta(0), timedelta(days=5)))
def test_p17_who_asks_later_never_gets_an_earlier_opening(
    moment: tuple[str, datetime], window: Hours, later: timedelta
) -> None:
    zone, at = moment
    known = Policy(hours=window, holidays=False)
    first, second = (email(when, Place(zone, "stated"), known).at for when in (at, at + later))

    assert first is None or second is None or first <= second


@pytest.mark.parametrize(
    "known", [policy("09:00", "17:00", WORKING), policy("22:30", "06:15"), policy("02:15", "02:45")]
)
def test_p17_every_zone_is_right_on_every_change_of_clocks_of_three_years(known: Policy) -> None:
    for zone in ZONES:
        for change in changes(zone, 2025, 2027) or (datetime(2026, 3, 29, tzinfo=UTC),):
            for hour in (0, 5, 11, 23):
                holds(change + timedelta(hours=hour, minutes=20), zone, known)


def test_p17_a_zone_that_skips_a_day_skips_its_window() -> None:
    known = policy("09:00", "17:00", WORKING)
    # Friday 30 December 2011 never was in Apia: after Thursday came Saturday.
    assert email(utc("2011-12-30T06:00"), Place("Pacific/Apia", "stated"), known).at == utc("2012-01-01T19:00")
    for hour in range(-72, 72):
        holds(utc("2011-12-30T10:00") + timedelta(hours=hour), "Pacific/Apia", known)


@pytest.mark.parametrize(
    ("zone", "at", "opens"),
    [
        ("Asia/Kolkata", "2026-05-05T00:00", "2026-05-05T03:30"),
        ("Asia/Kathmandu", "2026-05-05T00:00", "2026-05-05T03:15"),
        ("Australia/Lord_Howe", "2026-05-05T00:00", "2026-05-05T00:00"),
        ("Pacific/Chatham", "2026-05-05T10:00", "2026-05-05T20:15"),
    ],
)
def test_hours_stand_on_the_clock_of_the_reader_to_the_minute(zone: str, at: str, opens: str) -> None:
    assert email(utc(at), Place(zone, "stated"), policy()).at == utc(opens)


def test_a_window_that_begins_in_the_skipped_hour_begins_after_it() -> None:
    assert email(utc("2026-03-29T00:00"), BERLIN, policy("02:30", "05:00")).at == utc("2026-03-29T01:00")


def test_a_window_within_the_skipped_hour_does_not_open_that_day() -> None:
    assert email(utc("2026-03-29T00:00"), BERLIN, policy("02:10", "02:50")).at == utc("2026-03-30T00:10")


def test_an_hour_that_comes_twice_is_open_twice() -> None:
    known = policy("02:30", "02:45")

    assert email(utc("2026-10-25T00:00"), BERLIN, known).at == utc("2026-10-25T00:30")
    assert email(utc("2026-10-25T01:00"), BERLIN, known).at == utc("2026-10-25T01:30")
    assert closes_at(utc("2026-10-25T01:40"), BERLIN, Channel.EMAIL, known) == utc("2026-10-25T01:45")


def test_friday_night_belongs_to_friday() -> None:
    night = policy("22:00", "06:00", frozenset({5}))

    assert email(utc("2026-05-09T01:00"), BERLIN, night).at == utc("2026-05-09T01:00")
    assert closes_at(utc("2026-05-09T01:00"), BERLIN, Channel.EMAIL, night) == utc("2026-05-09T04:00")
    assert email(utc("2026-05-09T05:00"), BERLIN, night).at == utc("2026-05-15T20:00")


def test_what_may_go_now_goes_now_and_says_how_the_zone_is_known() -> None:
    at = utc("2026-05-05T09:00:30.5")

    assert email(at, BERLIN) == Opening(at, None, "Europe/Berlin", "stated")


def test_over_the_weekend_it_waits_for_the_window() -> None:
    friday_evening = utc("2026-05-08T16:00")

    assert email(friday_evening, BERLIN) == Opening(
        utc("2026-05-11T07:00"), "waiting_window", "Europe/Berlin", "stated"
    )
    assert closes_at(friday_evening, BERLIN, Channel.EMAIL, STANDARD) == friday_evening


def test_on_a_holiday_it_waits_for_the_next_working_day() -> None:
    christmas = utc("2026-12-25T10:00")

    # Boxing day is a Saturday and a holiday in Germany, so Monday is next.
    assert email(christmas, BERLIN) == Opening(utc("2026-12-28T08:00"), "waiting_holiday", "Europe/Berlin", "stated")
    assert email(christmas, BERLIN, policy()).at == christmas


@pytest.mark.parametrize(("region", "open_"), [("Bayern", False), ("Hamburg", True), ("nowhere", True), (None, True)])
def test_a_holiday_of_one_state_holds_there_only(region: str | None, open_: bool) -> None:  # noqa: FBT001
    epiphany = utc("2026-01-06T10:00")

    assert (email(epiphany, Place("Europe/Berlin", "stated", "DE", region)).at == epiphany) == open_


def test_a_country_without_a_list_of_holidays_has_none() -> None:
    assert email(utc("2026-12-25T10:00"), Place("Europe/Berlin", "stated", "XX")).at == utc("2026-12-25T10:00")


def test_a_window_is_not_called_never_because_two_mondays_in_a_row_are_holidays() -> None:
    mondays = policy(days=frozenset({1}), holidays=True)

    assert email(utc("2028-12-19T12:00"), Place("Europe/London", "stated", "GB", "England"), mondays).at == utc(
        "2029-01-08T09:00"
    )


def test_a_schedule_without_days_never_opens() -> None:
    never = policy(days=frozenset())

    assert email(utc("2026-05-05T09:00"), BERLIN, never) == Opening(
        None, "schedule_unsatisfiable", "Europe/Berlin", "stated"
    )


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", None])
def test_p17_a_zone_that_is_none_is_unknown_and_not_utc(zone: str | None) -> None:
    berlin = Policy(timezone="Europe/Berlin", holidays=False)

    assert email(utc("2026-05-05T07:30"), Place(zone, "stated"), berlin) == Opening(
        utc("2026-05-05T07:30"), None, "Europe/Berlin", "assumed"
    )


def test_in_a_country_of_few_zones_the_hours_that_all_share_count() -> None:
    opening = email(utc("2026-05-05T12:00"), Place(country="BR"), policy())

    # 9:00 in Rio Branco, where the sun rises last.
    assert (opening.at, opening.source) == (utc("2026-05-05T14:00"), "country")


def test_a_country_too_wide_to_share_hours_is_assumed_to_keep_the_sender_s() -> None:
    assert email(utc("2026-05-05T12:00"), Place(country="RU"), policy()).source == "assumed"


def test_in_a_state_with_two_zones_both_clocks_count() -> None:
    opening = email(utc("2026-05-05T13:30"), Place(country="US", region="Florida"), policy())

    assert (opening.at, opening.zone, opening.source) == (
        utc("2026-05-05T14:00"),
        "America/New_York, America/Chicago",
        "region",
    )


def test_linkedin_keeps_the_hours_of_email() -> None:
    at = utc("2026-05-09T12:00")

    assert next_open(at, BERLIN, Channel.LINKEDIN, STANDARD) == email(at, BERLIN)
