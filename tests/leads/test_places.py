from zoneinfo import available_timezones

import pytest

from rex_celery.leads import places


@pytest.mark.parametrize("written", ["USA", "us", "U.S.A.", "United States", "united states of america", " U.S. "])
def test_a_country_has_one_code(written: str) -> None:
    assert places.country_code(written) == "US"


def test_what_is_no_country_has_no_code() -> None:
    assert places.country_code("Atlantis") is None


def test_the_name_of_a_state_tells_its_country_but_its_code_does_not() -> None:
    assert places.country_of_state("Michigan") == "US"
    assert places.country_of_state("Ontario") == "CA"
    assert places.country_of_state("CA") is None
    assert places.country_of_state("Bavaria") is None


def test_every_zone_of_a_state_exists() -> None:
    zones = {zone for states in places._zones_of_states().values() for found in states.values() for zone in found}
    assert zones <= available_timezones()


def test_the_fifty_states_and_their_codes_are_all_there() -> None:
    assert len(places._zones_of_states()["US"]) == 2 * 52  # with the District of Columbia and Puerto Rico


@pytest.mark.parametrize(
    ("state", "code"),
    [("Florida", "FL"), ("fl", "FL"), ("District of Columbia", "DC"), ("Atlantis", None), (None, None)],
)
def test_a_state_has_one_code(state: str | None, code: str | None) -> None:
    assert places.state_code("US", state) == code
