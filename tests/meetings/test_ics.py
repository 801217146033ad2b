"""A calendar file says what the meeting is, when read back by a calendar."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from icalendar import Calendar, Component

from rex_celery.meetings import ics
from rex_celery.meetings.ics import Method
from rex_celery.meetings.schedule import Meeting

START = datetime(2026, 6, 2, 14, tzinfo=UTC)
MEETING = Meeting(
    id=uuid4(),
    page_id=None,
    lead_id=None,
    mission_id=None,
    provider="rex",
    state="booked",
    title="Intro call; short, friendly",
    host_name='Ada "the" Sender',
    host_email="ada@acme.example.com",
    location="https://meet.example.com/a;b,c",
    invitee_name="Zoë Hopper\r\nX-EVIL:1",
    invitee_email="grace@example.com",
    invitee_timezone="Europe/Berlin",
    starts_at=START,
    ends_at=START + timedelta(minutes=30),
    sequence=2,
    calendar_state=None,
    note=None,
    created_at=START,
    updated_at=START - timedelta(days=1, microseconds=7),
    cancelled_at=None,
)


def read(content: bytes) -> tuple[Component, Component]:
    calendar = Calendar.from_ical(content)
    (event,) = calendar.walk("VEVENT")
    assert not event.errors
    return calendar, event


def test_it_reads_back_as_what_was_written() -> None:
    calendar, event = read(ics.write(MEETING, Method.REQUEST, "https://rex.example.com/m/word"))
    assert (calendar["method"], calendar["version"]) == ("REQUEST", "2.0")
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (START, MEETING.ends_at)
    assert (event["uid"], event["sequence"], event["status"]) == (f"rex-{MEETING.id}", 2, "CONFIRMED")
    assert event["organizer"] == "mailto:ada@acme.example.com"
    assert event["attendee"] == "mailto:grace@example.com"
    assert event["location"] == MEETING.location
    assert "https://rex.example.com/m/word" in event["description"]
    assert str(event["summary"]).startswith("Intro call; short, friendly")


def test_a_name_cannot_add_a_line_of_its_own() -> None:
    lines = ics.write(MEETING, Method.PUBLISH).decode().split("\r\n")
    assert not [line for line in lines if line.startswith("X-EVIL")]


def test_every_line_is_short_and_ends_as_the_standard_wants() -> None:
    content = ics.write(replace(MEETING, title="ä" * 300), Method.PUBLISH)
    assert content.endswith(b"\r\n")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))


@pytest.mark.parametrize("asked", [Method.PUBLISH, Method.REQUEST])
def test_a_cancelled_meeting_takes_itself_off_the_calendar(asked: Method) -> None:
    calendar, event = read(ics.write(replace(MEETING, state="cancelled", sequence=3), asked))
    assert calendar["method"] == "CANCEL"
    assert (event["status"], event["sequence"], event["uid"]) == ("CANCELLED", 3, ics.uid(MEETING.id))


def test_what_is_stored_in_a_calendar_has_no_method() -> None:
    calendar, _ = read(ics.write(MEETING, None))
    assert "method" not in calendar


def test_our_own_events_are_told_apart() -> None:
    assert ics.is_ours(ics.uid(MEETING.id))
    assert not ics.is_ours("someone-elses@example.com")
