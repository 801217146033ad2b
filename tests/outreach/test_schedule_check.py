from datetime import UTC, datetime, time

import pytest

from rex_celery.outreach.policy import STANDARD, Hours, Policy
from rex_celery.outreach.schedule_check import unsatisfiable
from rex_celery.outreach.windows import Place
from rex_celery.vocabulary import Channel

AT = datetime(2026, 5, 5, 12, tzinfo=UTC)
WEEK = frozenset(range(1, 8))
MIAMI = Place("America/New_York", "region", "US", "Florida", "+13055550143")


def where(policy: Policy, *places: Place, channels: tuple[Channel, ...] = tuple(Channel)) -> str | None:
    problem = unsatisfiable(policy, places, channels, at=AT)
    return problem and problem.where


def test_rex_s_own_policy_opens_everywhere() -> None:
    assert unsatisfiable(STANDARD, ()) is None
    assert where(STANDARD, MIAMI, Place(country="DE"), Place()) is None


@pytest.mark.parametrize(
    ("hours", "found"),
    [
        (Hours(time(9), time(17), frozenset()), "policy.hours.days"),
        (Hours(time(9), time(9), WEEK), "policy.hours.end"),
        (Hours(time(22), time(6), WEEK), None),
    ],
)
def test_hours_that_never_open_are_named(hours: Hours, found: str | None) -> None:
    assert where(Policy(hours=hours)) == found
    assert where(Policy(hours=hours), MIAMI) == found


def test_text_hours_outside_the_law_are_named_with_the_place() -> None:
    late = Policy(sms_hours=Hours(time(20), time(21), WEEK))

    problem = unsatisfiable(late, [MIAMI], at=AT)

    assert problem is not None
    assert problem.where == "policy.sms_hours"
    assert "America/New_York" in problem.what
    assert where(Policy(sms_hours=Hours(time(21), time(23), WEEK))) == "policy.sms_hours"


def test_a_channel_that_is_not_used_keeps_nobody_from_launching() -> None:
    late = Policy(sms_hours=Hours(time(22), time(23), WEEK))

    assert where(late, MIAMI, channels=(Channel.EMAIL,)) is None


def test_one_place_that_never_opens_among_others_is_no_error_of_the_schedule() -> None:
    late = Policy(sms_hours=Hours(time(20), time(21), WEEK))
    denver = Place("America/Denver", "region", "US", "Colorado", "+13035550143")

    assert where(late, MIAMI, denver) is None


def test_people_whose_text_hours_nobody_knows_are_no_error_of_the_schedule() -> None:
    assert where(STANDARD, Place(country="US"), channels=(Channel.SMS,)) is None
