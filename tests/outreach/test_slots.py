from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rex_celery.outreach import slots
from tests.outreach.clocks import ZONES, changes


@pytest.mark.parametrize(
    ("at", "zone", "start", "until"),
    [
        ("2026-05-05T12:00", "UTC", "2026-05-05T00:00", "2026-05-06T00:00"),
        ("2026-05-05T01:00", "America/New_York", "2026-05-04T04:00", "2026-05-05T04:00"),
        ("2026-03-29T12:00", "Europe/Berlin", "2026-03-28T23:00", "2026-03-29T22:00"),
        ("2026-10-25T12:00", "Europe/Berlin", "2026-10-24T22:00", "2026-10-25T23:00"),
        # Clocks go forward at midnight: the day begins at 1:00.
        ("2026-04-24T12:00", "Africa/Cairo", "2026-04-23T22:00", "2026-04-24T21:00"),
        # Clocks go back at 1:00 to midnight, which comes twice.
        ("2026-11-01T12:00", "America/Havana", "2026-11-01T04:00", "2026-11-02T05:00"),
        ("2011-12-30T09:00", "Pacific/Apia", "2011-12-29T10:00", "2011-12-30T10:00"),
    ],
)
def test_a_day_is_the_calendar_s_in_its_zone(at: str, zone: str, start: str, until: str) -> None:
    found = slots.day(datetime.fromisoformat(at).replace(tzinfo=UTC), zone)

    assert [moment.strftime("%Y-%m-%dT%H:%M") for moment in found] == [start, until]


def test_p17_days_follow_one_another_in_every_zone_over_every_change_of_clocks() -> None:
    for zone in ZONES:
        for change in changes(zone, 2024, 2030):
            for hours in range(-1, 49, 3):
                at = change + timedelta(hours=hours, minutes=17)
                today = slots.day(at, zone)
                assert today.start <= at < today.until
                assert slots.day(today.until, zone).start == today.until
                assert today.start.astimezone(ZoneInfo(zone)).date() == at.astimezone(ZoneInfo(zone)).date()


def test_an_hour_is_the_clock_s() -> None:
    at = datetime(2026, 5, 5, 12, 59, 59, 999, UTC)

    assert slots.hour(at) == (datetime(2026, 5, 5, 12, tzinfo=UTC), datetime(2026, 5, 5, 13, tzinfo=UTC))
