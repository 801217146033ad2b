"""The booking pages: looking changes nothing, the form books, and the meeting's page moves and cancels."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from html import unescape
from threading import Barrier
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import text
from werkzeug.test import TestResponse

from rex_celery import clock, db
from rex_celery.meetings import links, page_changes
from rex_celery.meetings.pages import BookingPage
from rex_celery.meetings.schedule import Meeting
from rex_celery.outreach import calendars
from rex_celery.outreach.calendars import Outside
from tests.factories import a_lead, a_mission, a_sequence, an_enrolment
from tests.meetings.rows import NOW, TEN, a_meeting, a_page
from web import visitors

FORM = {"name": "Grace Hopper", "email": "grace@example.com", "tz": "Europe/Berlin", "at": "2026-06-02T14:00:00Z"}


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def page(tenant: UUID) -> BookingPage:
    with db.transaction(tenant) as session:
        return a_page(session, tenant, location="https://meet.example.com/ada")


@pytest.fixture
def link(tenant: UUID, page: BookingPage) -> str:
    return path(links.booking_link(tenant, page.id))


def path(address: str) -> str:
    return "/" + address.split("/", 3)[3]


def at(answer: TestResponse) -> list[str]:
    """The times that a page offers."""
    return re.findall(r"[?&]at=([^&\"]+)", unescape(answer.text).replace("%3A", ":"))


def stored(tenant: UUID) -> list[tuple[str, str, datetime]]:
    with db.transaction(tenant) as session:
        found = session.execute(text("SELECT state, invitee_email, starts_at FROM meetings ORDER BY created_at"))
        return [tuple(row) for row in found]


def everything(tenant: UUID) -> list[str]:
    tables = ("meetings", "events", "todos", "enrolments", "booking_pages")
    with db.transaction(tenant) as session:
        found = [session.scalars(text(f"SELECT t::text FROM {table} AS t ORDER BY 1")).all() for table in tables]
        return [row for rows in found for row in rows]


def test_the_page_shows_free_times_in_the_visitors_zone(nobody: FlaskClient, link: str) -> None:
    shown = nobody.get(f"{link}?tz=Europe/Berlin")
    assert shown.status_code == 200
    assert at(shown)[0] == "2026-06-01T16:00:00Z"
    assert "18:00" in shown.text  # four hours' notice from 14:00 in Berlin
    assert "Monday, 1 June 2026" in shown.text
    assert '<option value="Europe/Berlin" selected>' in shown.text


def test_without_a_choice_it_is_the_leads_zone_or_else_the_hosts(
    nobody: FlaskClient, tenant: UUID, page: BookingPage, link: str
) -> None:
    assert "12:00 PM" in nobody.get(link).text
    with db.transaction(tenant) as session:
        lead = a_lead(session, tenant, timezone="Asia/Tokyo")
    shown = nobody.get(path(links.booking_link(tenant, page.id, lead.id)))
    assert '<option value="Asia/Tokyo" selected>' in shown.text
    assert "data-guess" in shown.text
    assert "data-guess" not in nobody.get(f"{link}?tz=Asia/Tokyo").text
    assert nobody.get(f"{link}?tz=Mars/Olympus&since=never&at=soon").status_code == 200


def test_the_link_tells_nothing_of_the_person(nobody: FlaskClient, tenant: UUID, page: BookingPage) -> None:
    with db.transaction(tenant) as session:
        lead = a_lead(session, tenant, email="secret@example.com", first_name="Secretname")
    link = path(links.booking_link(tenant, page.id, lead.id))
    for shown in (nobody.get(link), nobody.get(f"{link}?at={FORM['at']}")):
        assert "secret" not in shown.text.lower()


def test_days_come_in_parts(nobody: FlaskClient, link: str) -> None:
    first = nobody.get(f"{link}?tz=America/New_York")
    assert len(re.findall(r"<h2", first.text)) == 5
    assert "Earlier" not in first.text
    since = re.search(r"since=([\d-]+)[^\"]*\" rel=\"next\"", unescape(first.text))
    assert since
    second = nobody.get(f"{link}?tz=America/New_York&since={since[1]}")
    assert "Monday, 8 June 2026" in second.text
    assert "Earlier" in second.text
    assert not set(at(first)) & set(at(second))


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_changes_nothing(nobody: FlaskClient, tenant: UUID, page: BookingPage, link: str, method: str) -> None:
    meeting = a_meeting(tenant, page)
    own = path(links.meeting_link(tenant, meeting.id))
    before = everything(tenant)
    for address in (link, f"{link}?at={FORM['at']}", own, f"{own}?move=1", f"{own}?do=cancel", f"{own}/meeting.ics"):
        assert nobody.open(address, method=method).status_code == 200
    assert everything(tenant) == before


def test_a_booking_leads_to_the_meetings_own_page(nobody: FlaskClient, tenant: UUID, link: str) -> None:
    answer = nobody.post(link, data=FORM)
    assert answer.status_code == 303
    assert stored(tenant) == [("booked", "grace@example.com", TEN)]
    shown = nobody.get(answer.headers["Location"])
    assert "Your meeting is booked" in shown.text
    assert "Tuesday, 2 June 2026, 16:00 (Europe/Berlin), 30 minutes" in shown.text
    assert "https://meet.example.com/ada" in shown.text
    assert "No e-mail is sent" in shown.text


def test_a_booking_by_a_leads_link_stops_their_sequence(nobody: FlaskClient, tenant: UUID, page: BookingPage) -> None:
    with db.transaction(tenant) as session:
        lead, mission = a_lead(session, tenant), a_mission(session, tenant)
        an_enrolment(session, mission, lead, a_sequence(session, tenant))
    nobody.post(path(links.booking_link(tenant, page.id, lead.id, mission.id)), data=FORM)
    with db.transaction(tenant) as session:
        assert session.execute(text("SELECT state, reason FROM enrolments")).one() == ("stopped", "meeting_booked")
        assert session.execute(text("SELECT lead_id, mission_id FROM meetings")).one() == (lead.id, mission.id)


def test_of_two_visitors_one_gets_the_hour_and_the_other_the_times_that_are_left(
    app: Flask, nobody: FlaskClient, tenant: UUID, link: str
) -> None:
    barrier = Barrier(4)

    def visit(number: int) -> TestResponse:
        barrier.wait(10)
        return app.test_client().post(link, data=FORM | {"email": f"visitor{number}@example.com"})

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(visit, range(4)), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [303, 409, 409, 409]
    assert "not free any more" in answers[1].text
    assert FORM["at"] not in at(answers[1])
    assert len(at(answers[1])) > 10
    assert len(stored(tenant)) == 1


def test_a_form_that_is_not_complete_comes_back_with_what_was_written(
    nobody: FlaskClient, tenant: UUID, link: str
) -> None:
    answer = nobody.post(link, data=FORM | {"name": " ", "email": '"><script>alert(1)</script>'})
    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 2
    assert "<script>alert" not in answer.text
    assert "Your e-mail address is no e-mail address." in answer.text
    assert FORM["at"] in answer.text
    assert stored(tenant) == []


@pytest.mark.parametrize("data", [{}, {"at": "soon"}, {"at": "2026-06-02T14:00:00"}, {"at": "\0"}])
def test_a_form_without_a_time_shows_the_times(
    nobody: FlaskClient, tenant: UUID, link: str, data: dict[str, str]
) -> None:
    assert nobody.post(link, data=data).status_code == 200
    assert stored(tenant) == []


def test_a_paused_page_says_so(nobody: FlaskClient, tenant: UUID, page: BookingPage, link: str) -> None:
    with db.transaction(tenant) as session:
        page_changes.change(session, page.id, {"state": "paused"})
    assert "takes no bookings" in nobody.get(link).text
    assert nobody.post(link, data=FORM).status_code == 409
    assert stored(tenant) == []


def test_a_calendar_that_does_not_answer_is_told(
    nobody: FlaskClient, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "does not answer" not in nobody.get(link).text
    monkeypatch.setattr(calendars, "outside", lambda *_: Outside(known=False))
    assert "own calendar does not answer" in nobody.get(link).text


@pytest.fixture
def meeting(tenant: UUID, page: BookingPage) -> Meeting:
    return a_meeting(tenant, page)


@pytest.fixture
def own(tenant: UUID, meeting: Meeting) -> str:
    return path(links.meeting_link(tenant, meeting.id))


def test_the_meeting_can_be_put_into_a_calendar(nobody: FlaskClient, own: str) -> None:
    answer = nobody.get(f"{own}/meeting.ics")
    assert answer.mimetype == "text/calendar"
    calendar = Calendar.from_ical(answer.data)
    (event,) = calendar.walk("VEVENT")
    assert (calendar["method"], event.decoded("dtstart")) == ("PUBLISH", TEN)
    assert own in event["description"]


def test_the_meeting_is_moved_in_two_steps(nobody: FlaskClient, tenant: UUID, own: str) -> None:
    offered = nobody.get(f"{own}?move=1&tz=America/New_York")
    later = "2026-06-02T15:30:00Z"
    assert later in at(offered)
    asked = nobody.get(f"{own}?move=1&tz=America/New_York&at={later}")
    assert "To: <strong>" in asked.text
    moved = nobody.post(own, data={"do": "move", "at": later, "tz": "America/New_York"})
    assert moved.status_code == 303
    assert "11:30 AM" in nobody.get(moved.headers["Location"]).text
    assert stored(tenant)[0][2] == TEN + timedelta(minutes=90)


def test_moving_to_a_time_that_is_taken_shows_the_times_that_are_left(
    nobody: FlaskClient, tenant: UUID, page: BookingPage, own: str
) -> None:
    a_meeting(tenant, page, TEN + timedelta(hours=1))
    answer = nobody.post(own, data={"do": "move", "at": "2026-06-02T15:00:00Z"})
    assert answer.status_code == 409
    assert "not free any more" in answer.text
    assert "2026-06-02T16:00:00Z" in at(answer)


def test_the_meeting_is_cancelled_and_takes_itself_off_the_calendar(
    nobody: FlaskClient, tenant: UUID, own: str
) -> None:
    for _ in range(2):
        answer = nobody.post(own, data={"do": "cancel", "note": "<b>a cold</b>"})
        assert answer.status_code == 303
    shown = nobody.get(answer.headers["Location"])
    assert "Your meeting is cancelled" in shown.text
    assert "&lt;b&gt;a cold&lt;/b&gt;" in shown.text
    assert Calendar.from_ical(nobody.get(f"{own}/meeting.ics").data)["method"] == "CANCEL"
    assert stored(tenant)[0][0] == "cancelled"
    assert nobody.get(f"{own}?move=1").status_code == 409


def test_what_is_over_is_only_shown(
    nobody: FlaskClient, tenant: UUID, own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: TEN + timedelta(minutes=1))
    assert "Cancel the meeting" not in nobody.get(own).text
    assert nobody.post(own, data={"do": "cancel"}).status_code == 409
    assert stored(tenant)[0][0] == "booked"


@pytest.mark.parametrize("kind", ["b", "m"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_broken_link_says_what_to_do(nobody: FlaskClient, link: str, own: str, kind: str, method: str) -> None:
    for broken in ((link if kind == "b" else own)[:-2], f"/{kind}/x", f"/{kind}/{(own if kind == 'b' else link)[3:]}"):
        answer = nobody.open(broken, method=method)
        assert (answer.status_code, answer.mimetype) == (404, "text/html")
        assert "whole link" in answer.text


def test_a_page_that_is_gone_says_so(nobody: FlaskClient, tenant: UUID) -> None:
    assert "no such booking page" in nobody.get(path(links.booking_link(tenant, tenant))).text


def test_the_pages_keep_their_address_to_themselves(nobody: FlaskClient, link: str, own: str) -> None:
    for address in (link, own, f"{own}/meeting.ics", "/b/broken"):
        headers = nobody.get(address).headers
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert "form-action 'self'" in headers["Content-Security-Policy"]
    page = nobody.get(link).text
    assert "style=" not in page
    assert "<script>" not in page
    for file, kind in (("style.css", "text/css"), ("zone.js", "text/javascript")):
        assert nobody.get(f"/b/{file}").mimetype == kind


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "LOOKS", 2)
    monkeypatch.setattr(visitors, "BOOKINGS", 1)


def test_an_address_that_asks_too_often_is_told_when_to_come_back(
    nobody: FlaskClient, tenant: UUID, link: str, few: None
) -> None:
    assert [nobody.get(link).status_code for _ in range(3)] == [200, 200, 429]
    assert [nobody.post(link, data={}).status_code for _ in range(2)] == [200, 429]
    answer = nobody.get(link)
    assert answer.mimetype == "text/html"
    assert "Retry-After" in answer.headers
