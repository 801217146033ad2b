"""Somebody is away: their sequence rests until the working day after their return, and then goes on."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from rex_celery.outreach import away
from rex_celery.outreach.arrivals import ArrivalKind
from rex_celery.outreach.policy import STANDARD
from rex_celery.outreach.windows import Place
from tests.outreach.coming_in import a_mail, column, ours, receive
from tests.outreach.enrolled import NOON, Clock, Crowd, a_crowd

NEW_YORK = Place("America/New_York", "region", "US", "New York", None)


@pytest.fixture
def crowd(tenant: UUID) -> Crowd:
    """Two people who got the first of two e-mails; the second is due three days later."""
    crowd = a_crowd(tenant, people=2)
    crowd.send(Clock())
    return crowd


def absent(crowd: Crowd, words: str) -> ArrivalKind:
    mail = a_mail(words, automatic="auto_reply", subject="Automatic reply: Shall we?", in_reply_to=ours(crowd))
    return receive(crowd.tenant, mail, NOON + timedelta(minutes=5)).kind


def test_being_away_is_no_answer_and_the_sequence_goes_on_after_the_return(crowd: Crowd) -> None:
    assert absent(crowd, "I am out of the office until Tuesday, June 9, 2026.") is ArrivalKind.OUT_OF_OFFICE
    assert column(crowd.tenant, "SELECT state FROM enrolments") == ["active", "active"]
    assert crowd.states() == ["accepted", "accepted"]
    # The others get theirs on the third day; this one on the working day after the return.
    assert crowd.send(Clock(NOON + timedelta(days=3))) == 1
    assert column(crowd.tenant, "SELECT wait_reason FROM messages WHERE state = 'planned'") == ["waiting_out_of_office"]
    resume = column(crowd.tenant, "SELECT resume_at FROM enrolments WHERE resume_at IS NOT NULL")
    assert resume == [datetime(2026, 6, 10, 13, tzinfo=UTC)]
    assert crowd.send(Clock(datetime(2026, 6, 10, 12, 59, tzinfo=UTC))) == 0
    assert crowd.send(Clock(datetime(2026, 6, 10, 13, 1, tzinfo=UTC))) == 1


def test_nothing_is_asked_of_anybody(crowd: Crowd) -> None:
    absent(crowd, "I am on annual leave. For urgent matters please contact reception.")
    assert column(crowd.tenant, "SELECT count(*) FROM todos") == [0]
    assert column(crowd.tenant, "SELECT count(*) FROM events WHERE type = 'reply.received'") == [0]
    assert column(crowd.tenant, "SELECT kind || ' ' || label FROM replies") == ["out_of_office out_of_office"]


def test_a_day_that_is_not_named_is_a_week_later(crowd: Crowd) -> None:
    absent(crowd, "I am on vacation with limited access to email.")
    resume = column(crowd.tenant, "SELECT resume_at FROM enrolments WHERE resume_at IS NOT NULL")
    assert resume == [NOON + timedelta(days=7, minutes=5)]


def test_a_message_that_waits_for_another_reason_is_not_moved_forward(crowd: Crowd) -> None:
    late = NOON + timedelta(days=30)
    column(crowd.tenant, "UPDATE messages SET run_after = :at WHERE state = 'planned' RETURNING id", at=late)
    absent(crowd, "I am out of the office until June 9, 2026.")
    assert set(column(crowd.tenant, "SELECT run_after FROM messages WHERE state = 'planned'")) == {late}


def test_a_person_who_writes_that_they_are_away_has_answered(crowd: Crowd) -> None:
    words = "I'm out of the office until Monday, let's talk then."
    assert receive(crowd.tenant, a_mail(words, in_reply_to=ours(crowd))).kind is ArrivalKind.REPLY
    assert sorted(column(crowd.tenant, "SELECT state FROM enrolments")) == ["active", "stopped"]


@pytest.mark.parametrize(
    ("back", "resumes"),
    [
        (date(2026, 6, 4), datetime(2026, 6, 5, 13, tzinfo=UTC)),  # back on Thursday: on Friday
        (date(2026, 6, 5), datetime(2026, 6, 8, 13, tzinfo=UTC)),  # back on Friday: on Monday
        (date(2026, 7, 2), datetime(2026, 7, 6, 13, tzinfo=UTC)),  # over the third of July, a holiday that year
        (date(2026, 6, 1), NOON + timedelta(days=7)),  # has passed
        (None, NOON + timedelta(days=7)),
    ],
)
def test_it_goes_on_in_the_working_hours_of_the_working_day_after(back: date | None, resumes: datetime) -> None:
    assert away.resume_at(back, NEW_YORK, STANDARD, NOON) == resumes
