import pytest
from phonenumbers.geodata import GEOCODE_DATA
from phonenumbers.tzdata import TIMEZONE_DATA

from rex_celery.leads import area_codes, places

SPELT_OTHERWISE = {"Washington State": "Washington", "Washington D.C.": "District of Columbia"}


@pytest.mark.parametrize(
    ("number", "state"),
    [("+12395550143", "FL"), ("+12025550143", "DC"), ("+14255550143", "WA"), ("+442079460143", None), (None, None)],
)
def test_an_area_code_tells_the_state(number: str | None, state: str | None) -> None:
    assert area_codes.state(number) == state


def test_a_number_that_anybody_may_have_tells_no_state() -> None:
    assert area_codes.state("+18005550143") is None


def test_every_state_has_an_area_code() -> None:
    named = {places.state_code("US", name) for name in places._STATES["US"]} | {
        both.rsplit(" ", 1)[1] for both in places._STATES["US"]
    }

    assert set(area_codes._CODES) == named - {None}


def test_the_table_agrees_with_the_library_wherever_that_names_a_state() -> None:
    wrong = {}
    for code in range(200, 1000):
        name = GEOCODE_DATA.get(f"1{code}", {}).get("en", "")
        place = name.rpartition(", ")[2] if ", " in name else SPELT_OTHERWISE.get(name, name)
        expected = places.state_code("US", place)
        if expected and area_codes.state(f"+1{code}5550143") != expected:
            wrong[code] = expected

    assert wrong == {}


def test_every_area_code_in_an_american_zone_has_its_state() -> None:
    american = {zone for zones in places._zones_of_states()["US"].values() for zone in zones} - {
        zone for zones in places._zones_of_states()["CA"].values() for zone in zones
    }
    unknown = {
        prefix
        for prefix, zones in TIMEZONE_DATA.items()
        if len(prefix) == 4
        and prefix[0] == "1"
        and set(zones) <= american
        and not area_codes.state(f"+{prefix}5550143")
    }

    assert unknown == set()
