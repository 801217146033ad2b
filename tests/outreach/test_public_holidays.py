from datetime import date

import pytest

from rex_celery.outreach.public_holidays import Calendar, is_holiday


@pytest.mark.parametrize(
    ("calendar", "day", "rests"),
    [
        (Calendar("US"), date(2026, 11, 26), True),
        (Calendar("US"), date(2026, 11, 27), False),
        # 4 July 2026 is a Saturday, so the day off is the Friday before.
        (Calendar("US"), date(2026, 7, 3), True),
        (Calendar("US", "Texas"), date(2026, 3, 2), True),
        (Calendar("US", "tx"), date(2026, 3, 2), True),
        (Calendar("US", "Ohio"), date(2026, 3, 2), False),
        (Calendar("DE", "Bavaria"), date(2026, 1, 6), False),
        (Calendar("DE", "Bayern"), date(2026, 1, 6), True),
        (Calendar("GB"), date(2026, 12, 25), True),
        (Calendar("XX"), date(2026, 12, 25), False),
        # New Year's day on a Saturday is observed in the year before.
        (Calendar("US"), date(2027, 12, 31), True),
    ],
)
def test_public_life_rests_on_holidays_of_the_country_and_of_the_state(
    calendar: Calendar,
    day: date,
    rests: bool,  # noqa: FBT001
) -> None:
    assert is_holiday(calendar, day) == rests
