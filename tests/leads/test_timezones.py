import pytest

from rex_celery.leads import timezones
from rex_celery.leads.timezones import UNKNOWN, Zone


@pytest.mark.parametrize(
    ("country", "region", "phone", "zone"),
    [
        ("US", "Ohio", None, Zone("America/New_York", "region")),
        ("US", "ca", None, Zone("America/Los_Angeles", "region")),
        ("US", "Ohio", "+12135550143", Zone("America/New_York", "region")),
        ("FR", None, None, Zone("Europe/Paris", "country")),
        ("DE", "Bayern", None, Zone("Europe/Berlin", "country")),
        ("US", "Texas", "+12145550143", Zone("America/Chicago", "area_code")),
        ("US", "Texas", "+19155550143", Zone("America/Denver", "area_code")),
        (None, None, "+12125550143", Zone("America/New_York", "area_code")),
    ],
)
def test_a_zone_is_known_with_its_source(
    country: str | None, region: str | None, phone: str | None, zone: Zone
) -> None:
    assert timezones.resolve(country, region, phone) == zone


@pytest.mark.parametrize(
    ("country", "region", "phone"),
    [
        ("US", "Texas", None),  # two zones
        ("US", "Texas", "+12125550143"),  # a New York number in a state without that zone
        ("US", None, None),
        ("US", None, "+18005550199"),
        (None, None, None),
        ("Atlantis", "Ohio", None),
    ],
)
def test_an_unknown_zone_stays_unknown(country: str | None, region: str | None, phone: str | None) -> None:
    assert timezones.resolve(country, region, phone) == UNKNOWN


def test_a_stated_zone_must_exist() -> None:
    assert timezones.stated("America/New York") == Zone("America/New_York", "stated")
    assert timezones.stated("Mars/Olympus") == UNKNOWN
    assert timezones.stated("UTC") == UNKNOWN
