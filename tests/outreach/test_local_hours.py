from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rex_celery.compliance import sms_hours
from rex_celery.leads import area_codes, places
from rex_celery.outreach.policy import STANDARD, Hours, Policy
from rex_celery.outreach.windows import Opening, Place, closes_at, next_open
from rex_celery.vocabulary import Channel
from tests.architecture.source import CHECKOUT
from tests.outreach.clocks import inside, moments, windows

ALWAYS = Hours(time(0), time(23, 59), frozenset(range(1, 8)))
# A tenant that would text at any hour of any day: what is left is the law.
GREEDY = Policy(sms_hours=ALWAYS, holidays=False)
# Independent of the table under test: the state, its hours on Monday to Friday, on Saturday, on Sunday, on holidays.
NARROW = {
    "AL": "8-20 8-20 - -", "CA": "9-21 9-21 9-21 9-21", "CT": "9-20 9-20 9-20 9-20", "FL": "8-20 8-20 8-20 8-20",
    "IL": "9-21 9-21 9-21 9-21", "KY": "10-21 10-21 10-21 10-21", "LA": "8-20 8-20 - -", "MA": "8-20 8-20 8-20 8-20",
    "MD": "8-20 8-20 8-20 8-20", "MI": "9-21 9-21 9-21 9-21", "MN": "9-21 9-21 9-21 9-21", "MS": "8-20 8-20 - -",
    "NJ": "8-20 8-20 8-20 8-20", "NM": "9-21 9-21 9-21 9-21", "NV": "9-20 9-20 9-20 9-20", "OK": "8-20 8-20 8-20 8-20",
    "OR": "8-20 8-20 8-20 8-20", "PA": "8-21 8-21 - -", "RI": "9-18 10-17 - -", "SC": "8-19 8-19 8-19 8-19",
    "SD": "9-21 9-21 - 9-21", "TX": "9-21 9-21 12-21 9-21", "UT": "8-21 8-21 - -", "WA": "8-20 8-20 8-20 8-20",
    "WY": "8-20 8-20 8-20 8-20",
}  # fmt: skip
FEDERAL = "8-21 8-21 8-21 8-21"
STATES = {both.rsplit(" ", 1)[1]: both.rsplit(" ", 1)[0] for both in places._STATES["US"]}
# A week with a holiday of every state, and the one in which clocks are put forward.
WEEKS = (date(2026, 9, 3), date(2026, 3, 5))
DAYS = {
    (7, 1): "every day",
    (6, 1): "Monday to Saturday",
    (5, 1): "Monday to Friday",
    (1, 6): "Saturday",
    (1, 7): "Sunday",
}
LABOR_DAY = date(2026, 9, 7)


def number(state: str) -> str:
    return f"+1{area_codes._CODES[state].split()[0]}5550143"


def sms(at: datetime, place: Place, policy: Policy = STANDARD) -> Opening:
    return next_open(at, place, Channel.SMS, policy)


def lawful(at: datetime, zone: str, state: str) -> bool:
    wall = at.astimezone(ZoneInfo(zone))
    weekdays, saturday, sunday, holidays = NARROW.get(state, FEDERAL).split()
    today = {6: saturday, 7: sunday}.get(wall.isoweekday(), weekdays)
    allowed = holidays if wall.date() == LABOR_DAY else today
    if allowed == "-":
        return False
    start, end = (time(int(hour)) for hour in allowed.split("-"))
    return start <= wall.time() < end


@pytest.mark.parametrize("state", sorted(STATES))
def test_p24_no_state_is_texted_outside_its_law_and_each_within_it(state: str) -> None:
    place = Place(country="US", region=STATES[state], phone=number(state))
    zones = places.state_zones("US", state)

    for day in WEEKS:
        at = datetime.combine(day, time(), UTC)
        for _ in range(7 * 24 * 4):
            may = sms(at, place, GREEDY).at == at
            assert may == all(lawful(at, zone, state) for zone in zones), (state, at)
            at += timedelta(minutes=15)


@pytest.mark.parametrize("state", sorted(STATES))
def test_p24_by_the_area_code_alone_the_law_is_the_same(state: str) -> None:
    at = datetime(2026, 9, 3, tzinfo=UTC)

    for _ in range(7 * 24 * 2):
        opening = sms(at, Place(phone=number(state)), GREEDY)
        assert opening.zone
        if opening.at == at:
            assert all(lawful(at, zone, state) for zone in opening.zone.split(", "))
        at += timedelta(minutes=30)


def test_every_state_with_a_law_of_its_own_says_where_it_stands() -> None:
    assert set(NARROW) == set(sms_hours.STATES)
    assert all(law.source for law in sms_hours.STATES.values())


def test_the_table_in_the_documentation_is_the_law_that_is_kept() -> None:
    page = (CHECKOUT / "docs" / "sending.md").read_text(encoding="utf-8")
    rows = page.partition("<!-- sms law -->\n")[2].partition("<!-- end -->")[0].splitlines()[2:]

    assert rows == [documented(code, law) for code, law in sms_hours.STATES.items()]


def documented(code: str, law: sms_hours.Law) -> str:
    hours = [f"{band.start:%H:%M} to {band.end:%H:%M} {DAYS[len(band.days), min(band.days)]}" for band in law.bands]
    hours += [] if law.holidays else ["not on public holidays"]
    return f"| {STATES[code]} (US-{code}) | {'; '.join(hours)} | {law.source} |"


def test_p24_the_stricter_of_area_code_and_place_counts() -> None:
    # A number from New York in the hands of a Californian: from 9 in Los Angeles to 20 in New York.
    place = Place("America/Los_Angeles", "region", "US", "California", "+12125550143")
    opening = sms(datetime(2026, 5, 5, 14, tzinfo=UTC), place)

    assert opening == Opening(
        datetime(2026, 5, 5, 16, tzinfo=UTC),
        "waiting_window",
        "America/New_York, America/Los_Angeles",
        "area_code+region",
    )
    nine = datetime(2026, 5, 5, 16, tzinfo=UTC)
    assert closes_at(nine, place, Channel.SMS, STANDARD) == datetime(2026, 5, 6, 0, tzinfo=UTC)


@settings(max_examples=400)
@given(moments(), windows(), st.sampled_from(["+12125550143", "+13105550143", "+442079460143", None]))
def test_p24_no_text_goes_out_at_night_in_any_zone_of_person_or_number(
    moment: tuple[str, datetime], window: Hours, phone: str | None
) -> None:
    zone, at = moment
    opening = sms(at, Place(zone, "stated", phone=phone), Policy(sms_hours=window, holidays=False))

    if opening.at is not None:
        assert opening.zone
        for name in {zone} | set(opening.zone.split(" and ")[0].split(", ")):
            assert inside(opening.at, name, window)
            assert time(8) <= opening.at.astimezone(ZoneInfo(name)).time() < time(21)


def test_p24_a_floridan_number_carries_its_law_to_a_state_without_one() -> None:
    late = datetime(2026, 5, 6, 0, 30, tzinfo=UTC)
    new_york = Place("America/New_York", "region", "US", "New York")

    assert sms(late, new_york, GREEDY).at == late
    moved = Place("America/New_York", "region", "US", "New York", "+12395550143")
    assert sms(late, moved, GREEDY).at == datetime(2026, 5, 6, 12, tzinfo=UTC)


@pytest.mark.parametrize("phone", ["+18005550143", None])
def test_a_number_of_which_no_zone_is_known_is_not_texted(phone: str | None) -> None:
    at = datetime(2026, 5, 5, 16, tzinfo=UTC)
    unknown = Place(country="US", phone=phone)

    assert sms(at, unknown) == Opening(None, "sms_hours_unknown", None, None)
    assert closes_at(at, unknown, Channel.SMS, STANDARD) == at


def test_where_the_place_is_known_it_stands_in_for_the_area_code() -> None:
    at = datetime(2026, 5, 5, 16, tzinfo=UTC)

    opening = sms(at, Place("America/Denver", "region", "US", "Colorado", "+18005550143"))

    assert (opening.at, opening.source) == (at, "region")


def test_the_sender_s_own_zone_is_never_assumed_for_a_text() -> None:
    at = datetime(2026, 5, 5, 16, tzinfo=UTC)

    assert sms(at, Place(), Policy(timezone="America/New_York")).reason == "sms_hours_unknown"


def test_by_default_texts_go_from_9_to_20_on_working_days_and_saturdays() -> None:
    denver = Place("America/Denver", "region", "US", "Colorado", "+13035550143")
    saturday_night = datetime(2026, 5, 10, 3, tzinfo=UTC)

    assert sms(saturday_night, denver).at == datetime(2026, 5, 11, 15, tzinfo=UTC)


def test_a_tenant_s_own_reading_of_a_law_takes_its_place_but_not_that_of_the_widest_hours() -> None:
    florida = Place("America/New_York", "region", "US", "Florida", "+12395550143")
    reading = Policy(sms_hours=ALWAYS, holidays=False, sms_law=(("US-FL", ALWAYS),))

    assert sms(datetime(2026, 5, 6, 0, 30, tzinfo=UTC), florida, reading).reason is None
    assert sms(datetime(2026, 5, 6, 1, 30, tzinfo=UTC), florida, reading).reason == "waiting_window"


def test_a_tenant_may_enter_the_law_of_a_country() -> None:
    lunch = Hours(time(12), time(13), frozenset({1, 2, 3, 4, 5}))
    berlin = Place("Europe/Berlin", "stated", "DE", None, "+491713920043")
    reading = Policy(holidays=False, sms_law=(("DE", lunch),))

    assert sms(datetime(2026, 5, 5, 6, tzinfo=UTC), berlin, reading).at == datetime(2026, 5, 5, 10, tzinfo=UTC)
