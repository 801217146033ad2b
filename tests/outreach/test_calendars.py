"""A host's own calendar, a real server: what it holds is in the way, and what we book is written into it."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import redis.exceptions
from icalendar import Calendar
from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.integrations.caldav_calendar import CaldavCalendar
from rex_celery.meetings import booking, ics
from rex_celery.meetings.availability import Interval
from rex_celery.meetings.holding import Wish
from rex_celery.meetings.pages import BookingPage
from rex_celery.outreach import calendar_writing, calendars
from rex_celery.redis import client
from rex_celery.tenancy import credentials
from tests.factories import a_connection
from tests.integrations.radicale_server import PASSWORD, USER, Radicale, running
from tests.meetings.rows import NOW, TEN, a_meeting, a_page


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    with running(tmp_path_factory.mktemp("radicale")) as server:
        yield server


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def page(tenant: UUID, radicale: Radicale) -> BookingPage:
    radicale.ask("DELETE", "/ada/work/")
    radicale.ask("MKCALENDAR", "/ada/work/")
    return connected(tenant, radicale.url)


def connected(tenant: UUID, url: str, password: str = PASSWORD) -> BookingPage:
    settings, secret = {"url": url, "username": USER}, credentials.encrypt({"password": password})
    with db.transaction(tenant) as session:
        connection = a_connection(session, tenant, provider="caldav", settings=settings, secret=secret)
        return a_page(session, tenant, connection_id=connection.id)


def names(radicale: Radicale) -> list[str]:
    with CaldavCalendar(radicale.account) as calendar:
        return [one.uid for one in calendar.busy(NOW, NOW + timedelta(days=30), ZoneInfo("America/New_York"))]


def states(tenant: UUID) -> list[tuple[str, str | None]]:
    with db.transaction(tenant) as session:
        return [
            tuple(row) for row in session.execute(text("SELECT calendar_state, note FROM meetings ORDER BY starts_at"))
        ]


def troubles(tenant: UUID) -> list[str | None]:
    with db.transaction(tenant) as session:
        return list(session.scalars(text("SELECT error FROM connections")))


def test_what_the_calendar_holds_is_in_the_way(tenant: UUID, page: BookingPage, radicale: Radicale) -> None:
    radicale.store("dentist", "DTSTART:20260602T140000Z", "DTEND:20260602T150000Z")
    found = calendars.outside(tenant, page, NOW)
    assert found == calendars.Outside((Interval(TEN, TEN + timedelta(hours=1)),))


def test_the_calendar_is_asked_once_a_minute(tenant: UUID, page: BookingPage, radicale: Radicale) -> None:
    assert calendars.outside(tenant, page, NOW).busy == ()
    radicale.store("dentist", "DTSTART:20260602T140000Z", "DTEND:20260602T150000Z")
    assert calendars.outside(tenant, page, NOW).busy == ()
    (key,) = client().scan_iter(f"rex:busy:{page.connection_id}:*")
    assert 0 < int(str(client().ttl(key))) <= 60
    client().delete(key)
    assert len(calendars.outside(tenant, page, NOW).busy) == 1


def test_our_own_events_are_not_in_their_own_way(tenant: UUID, page: BookingPage, radicale: Radicale) -> None:
    a_meeting(tenant, page)
    assert calendar_writing.write(tenant) == 1
    assert len(names(radicale)) == 1
    assert calendars.outside(tenant, page, NOW).busy == ()


def test_a_silent_redis_costs_only_a_question(
    tenant: UUID, page: BookingPage, radicale: Radicale, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent() -> object:
        raise redis.exceptions.ConnectionError

    monkeypatch.setattr(calendars, "client", silent)
    assert calendars.outside(tenant, page, NOW) == calendars.Outside()


@pytest.mark.parametrize("broken", ["nobody", "password", "paused", "secret"])
def test_a_calendar_that_does_not_answer_is_said_to_be_unknown(tenant: UUID, radicale: Radicale, broken: str) -> None:
    url = "http://127.0.0.1:9/ada/work/" if broken == "nobody" else radicale.url
    page = connected(tenant, url, "wrong" if broken == "password" else PASSWORD)
    with db.transaction(tenant) as session:
        if broken == "paused":
            session.execute(text("UPDATE connections SET state = 'paused'"))
        if broken == "secret":
            session.execute(text("UPDATE connections SET secret = 'rex1:00000000:x'"))
    assert calendars.outside(tenant, page, NOW) == calendars.Outside(known=False)
    (key,) = client().scan_iter(f"rex:busy:{page.connection_id}:*")
    assert 0 < int(str(client().ttl(key))) <= 20


def test_a_page_without_a_calendar_asks_nobody(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        assert calendars.outside(tenant, a_page(session, tenant), NOW) == calendars.Outside()


def test_a_meeting_is_written_moved_and_taken_out(tenant: UUID, page: BookingPage, radicale: Radicale) -> None:
    meeting = a_meeting(tenant, page)
    assert calendar_writing.write(tenant) == 1
    assert states(tenant) == [("written", None)]
    later = TEN + timedelta(hours=2)
    with db.transaction(tenant) as session:
        booking.reschedule(session, tenant, meeting.id, Wish(later), NOW)
    assert calendar_writing.write(tenant) == 1
    (event,) = Calendar.from_ical(radicale.ask("GET", f"/ada/work/{ics.uid(meeting.id)}.ics")).walk("VEVENT")
    assert (event.decoded("dtstart"), event["sequence"]) == (later, 1)
    with db.transaction(tenant) as session:
        booking.cancel(session, tenant, meeting.id, "", NOW)
    assert calendar_writing.write(tenant) == 1
    assert (states(tenant), names(radicale)) == ([("deleted", None)], [])
    assert calendar_writing.write(tenant) == 0


def test_a_calendar_that_is_down_keeps_the_meetings_waiting_and_says_so(tenant: UUID, radicale: Radicale) -> None:
    page = connected(tenant, radicale.url, "wrong")
    for hour in range(2):
        a_meeting(tenant, page, TEN + timedelta(hours=hour))
    assert calendar_writing.write(tenant) == 0
    assert states(tenant) == [("to_write", None)] * 2
    assert troubles(tenant) == ["The calendar refuses the sign-in."]
    with db.transaction(tenant) as session:
        session.execute(
            text("UPDATE connections SET secret = :right"), {"right": credentials.encrypt({"password": PASSWORD})}
        )
    assert calendar_writing.write(tenant) == 2
    assert (states(tenant), troubles(tenant)) == ([("written", None)] * 2, [None])


def test_one_broken_calendar_holds_up_no_other(tenant: UUID, page: BookingPage, radicale: Radicale) -> None:
    a_meeting(tenant, connected(tenant, "http://127.0.0.1:9/ada/work/"))
    a_meeting(tenant, page, TEN + timedelta(hours=1))
    calendar_writing.write(tenant)
    assert states(tenant) == [("to_write", None), ("written", None)]


def test_a_meeting_that_is_cancelled_while_it_is_written_does_not_stay(
    tenant: UUID, page: BookingPage, radicale: Radicale, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = a_meeting(tenant, page)
    put = CaldavCalendar.put

    def cancelled_meanwhile(self: CaldavCalendar, uid: str, content: bytes) -> None:
        with db.transaction(tenant) as session:
            booking.cancel(session, tenant, meeting.id, "", NOW)
            # Another worker has taken it out by now.
            session.execute(text("UPDATE meetings SET calendar_state = 'deleted'"))
        put(self, uid, content)

    monkeypatch.setattr(CaldavCalendar, "put", cancelled_meanwhile)
    calendar_writing.write(tenant)
    assert states(tenant) == [("to_delete", None)]
    calendar_writing.write(tenant)
    assert (states(tenant), names(radicale)) == ([("deleted", None)], [])


def test_what_a_calendar_refuses_or_never_took_in_time_has_failed(
    tenant: UUID, page: BookingPage, radicale: Radicale, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = a_meeting(tenant, page)
    monkeypatch.setattr(ics, "write", lambda *_: b"no calendar")
    calendar_writing.write(tenant)
    assert states(tenant) == [("failed", "The calendar refused the event (400).")]
    a_meeting(tenant, page, TEN + timedelta(hours=1))
    monkeypatch.setattr(clock, "now", lambda: meeting.ends_at + timedelta(days=1))
    calendar_writing.write(tenant)
    assert [state for state, _ in states(tenant)] == ["failed", "failed"]


def test_a_page_that_lost_its_calendar_says_so(tenant: UUID, page: BookingPage) -> None:
    a_meeting(tenant, page)
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE booking_pages SET connection_id = NULL"))
    assert calendar_writing.write(tenant) == 0
    assert states(tenant) == [("failed", "The page has no calendar any more.")]
