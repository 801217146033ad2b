"""A real CalDAV server: what it holds is busy, what we write is there once, and its troubles are told apart."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from rex_celery.errors import ProviderRejectedError, ProviderUnavailableError
from rex_celery.integrations.caldav_calendar import Busy, CaldavCalendar, CalendarAccount
from rex_celery.meetings import ics
from tests.integrations.radicale_server import Radicale, running
from tests.meetings.test_ics import MEETING

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    with running(tmp_path_factory.mktemp("radicale")) as server:
        yield server


@pytest.fixture
def calendar(radicale: Radicale) -> Iterator[CaldavCalendar]:
    radicale.ask("DELETE", "/ada/work/")
    radicale.ask("MKCALENDAR", "/ada/work/")
    with CaldavCalendar(radicale.account) as opened:
        yield opened


def at(*parts: int) -> datetime:
    return datetime(2026, 6, *parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_what_a_calendar_holds_keeps_its_owner_busy(radicale: Radicale, calendar: CaldavCalendar) -> None:
    zone = "DTSTART;TZID=Europe/Berlin:20260602T100000", "DTEND;TZID=Europe/Berlin:20260602T110000"
    radicale.store("zoned", *zone)
    radicale.store("lasting", "DTSTART:20260603T120000Z", "DURATION:PT90M")
    radicale.store("day", "DTSTART;VALUE=DATE:20260604", "DTEND;VALUE=DATE:20260605")
    radicale.store("floating", "DTSTART:20260605T090000", "DTEND:20260605T093000")
    assert calendar.busy(MONDAY, MONDAY + WEEK, NEW_YORK) == [
        Busy(at(2, 8), at(2, 9), "zoned@example.com"),
        Busy(at(3, 12), at(3, 13, 30), "lasting@example.com"),
        Busy(at(4, 4), at(5, 4), "day@example.com"),
        Busy(at(5, 13), at(5, 13, 30), "floating@example.com"),
    ]


def test_every_repetition_keeps_its_owner_busy_but_the_one_taken_out(
    radicale: Radicale, calendar: CaldavCalendar
) -> None:
    times = "DTSTART;TZID=America/New_York:20260105T090000", "DTEND;TZID=America/New_York:20260105T093000"
    rule = "RRULE:FREQ=WEEKLY;BYDAY=MO,WE", "EXDATE;TZID=America/New_York:20260603T090000"
    radicale.store("standup", *times, *rule)
    found = calendar.busy(MONDAY, MONDAY + 2 * WEEK, NEW_YORK)
    assert [one.start for one in found] == [at(1, 13), at(8, 13), at(10, 13)]


def test_what_is_marked_as_free_or_cancelled_is_in_nobodys_way(radicale: Radicale, calendar: CaldavCalendar) -> None:
    times = "DTSTART:20260602T100000Z", "DTEND:20260602T110000Z"
    radicale.store("free", *times, "TRANSP:TRANSPARENT")
    radicale.store("off", *times, "STATUS:CANCELLED")
    radicale.store("moment", times[0])
    assert calendar.busy(MONDAY, MONDAY + WEEK, NEW_YORK) == []


def test_an_event_written_twice_is_there_once_and_changed(radicale: Radicale, calendar: CaldavCalendar) -> None:
    uid = ics.uid(MEETING.id)
    later = replace(MEETING, sequence=3, starts_at=at(2, 16), ends_at=at(2, 17))
    for version in (MEETING, MEETING, later):
        calendar.put(uid, ics.write(version, None))
    assert calendar.busy(MONDAY, MONDAY + WEEK, NEW_YORK) == [Busy(at(2, 16), at(2, 17), uid)]
    (event,) = Calendar.from_ical(radicale.ask("GET", f"/ada/work/{uid}.ics")).walk("VEVENT")
    assert (event["sequence"], event["attendee"]) == (3, "mailto:grace@example.com")


def test_an_event_is_taken_out_and_may_be_gone_already(calendar: CaldavCalendar) -> None:
    uid = ics.uid(MEETING.id)
    calendar.put(uid, ics.write(MEETING, None))
    calendar.delete(uid)
    calendar.delete(uid)
    assert calendar.busy(MONDAY, MONDAY + WEEK, NEW_YORK) == []


def test_a_wrong_password_is_told_without_the_account(radicale: Radicale) -> None:
    with CaldavCalendar(replace(radicale.account, password="wrong")) as calendar:
        for ask in (lambda: calendar.busy(MONDAY, MONDAY + WEEK, NEW_YORK), lambda: calendar.put("a", b"")):
            with pytest.raises(ProviderUnavailableError) as refused:
                ask()
            assert refused.value.detail == "The calendar refuses the sign-in."
    assert "wrong" not in repr(replace(radicale.account, password="wrong"))


def test_a_file_that_is_no_event_is_refused_for_good(calendar: CaldavCalendar) -> None:
    with pytest.raises(ProviderRejectedError) as refused:
        calendar.put("rex-broken", b"no calendar at all")
    assert refused.value.code == "400"


def test_nobody_there_is_worth_another_try() -> None:
    with CaldavCalendar(CalendarAccount("http://127.0.0.1:9/ada/work", "ada", "x")) as calendar:
        with pytest.raises(ProviderUnavailableError):
            calendar.busy(MONDAY, MONDAY + WEEK, NEW_YORK)
        with pytest.raises(ProviderUnavailableError):
            calendar.delete("rex-1")


@pytest.mark.parametrize(
    ("status", "body"), [(500, b""), (503, b""), (207, b"<html>not xml"), (200, b"hello"), (207, b""), (404, b"")]
)
def test_a_server_that_talks_nonsense_is_worth_another_try(status: int, body: bytes) -> None:
    class Nonsense(BaseHTTPRequestHandler):
        def do_REPORT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_PROPFIND = do_REPORT  # noqa: N815  http.server asks for it

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Nonsense) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/ada/work"
        with CaldavCalendar(CalendarAccount(address, "ada", "x")) as calendar, pytest.raises(ProviderUnavailableError):
            calendar.busy(MONDAY, MONDAY + WEEK, NEW_YORK)
        server.shutdown()
