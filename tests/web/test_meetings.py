"""Meetings and booking pages by the API."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.meetings import links, tokens
from rex_celery.meetings.schedule import Meeting
from rex_celery.tenancy.access import Role
from tests.factories import a_connection, a_lead
from tests.meetings.rows import GRACE, a_meeting, a_page
from tests.web.conftest import Someone

PAGE: dict[str, Any] = {
    "slug": "intro",
    "title": "Intro call",
    "host_name": "Ada Sender",
    "host_email": "ada@acme.example.com",
    "timezone": "America/New_York",
    "hours": {"mon": [["09:00", "12:00"], ["13:00", "24:00"]]},
}


def monday(hour: int = 14) -> datetime:
    """A time on the Monday after next, in UTC."""
    today = clock.now().replace(hour=hour, minute=0, second=0, microsecond=0)
    return today + timedelta(days=14 - today.weekday())


@pytest.fixture
def meeting(tenant: UUID) -> Meeting:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
    return a_meeting(tenant, page, monday(15), GRACE, clock.now())


def test_a_page_is_made_shown_listed_and_changed(admin: FlaskClient) -> None:
    made = admin.post("/api/rex/booking-pages", json=PAGE | {"minutes": 45})
    assert made.status_code == 201
    address = made.headers["Location"]
    assert admin.get(address).json == made.json
    assert made.json["minutes"] == 45
    assert made.json["hours"] == PAGE["hours"]
    changed = admin.patch(address, json={"state": "paused", "location": "Room 1"})
    assert (changed.json["state"], changed.json["location"], changed.json["title"]) == (
        "paused",
        "Room 1",
        "Intro call",
    )
    assert admin.get("/api/rex/booking-pages").json["items"] == [changed.json]


@pytest.mark.parametrize(
    ("field", "value", "where"),
    [
        ("slug", "Intro Call", "body.slug"),
        ("minutes", 1, "body.minutes"),
        ("timezone", "Mars/Olympus", "body.timezone"),
        ("hours", {"mon": [["17:00", "09:00"]]}, "body.hours.mon.0"),
        ("hours", {}, "body.hours"),
        ("host_email", "nobody", "body.host_email"),
        ("connection_id", str(UUID(int=7)), "body.connection_id"),
        ("color", "red", "body.color"),
    ],
)
def test_a_page_that_will_not_do_is_refused_where_it_is_wrong(
    admin: FlaskClient, field: str, value: object, where: str
) -> None:
    refused = admin.post("/api/rex/booking-pages", json=PAGE | {field: value})
    assert refused.status_code == 422
    assert where in [one["where"] for one in refused.json["errors"]]


def test_a_calendar_can_be_given_and_taken_away_and_a_title_cannot(admin: FlaskClient, tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        calendar = a_connection(session, tenant, provider="caldav").id
    address = admin.post("/api/rex/booking-pages", json=PAGE | {"connection_id": str(calendar)}).headers["Location"]
    assert admin.get(address).json["connection_id"] == str(calendar)
    assert admin.patch(address, json={"connection_id": None, "title": None}).json["connection_id"] is None
    assert admin.get(address).json["title"] == "Intro call"


def test_a_second_page_of_a_slug_is_refused(admin: FlaskClient) -> None:
    admin.post("/api/rex/booking-pages", json=PAGE)
    assert admin.post("/api/rex/booking-pages", json=PAGE).json["code"] == "slug_taken"


def test_a_link_is_for_a_lead_or_for_anybody(admin: FlaskClient, tenant: UUID) -> None:
    address = admin.post("/api/rex/booking-pages", json=PAGE).headers["Location"]
    with db.transaction(tenant) as session:
        lead = a_lead(session, tenant).id
    url = admin.get(f"{address}/link?lead_id={lead}").json["url"]
    given = tokens.read_invitation(url.rpartition("/")[2], links.secret())
    assert (given.tenant_id, given.lead_id, given.mission_id) == (tenant, lead, None)
    assert "/b/" in admin.get(f"{address}/link").json["url"]
    assert admin.get(f"{address}/link?lead_id={uuid4()}").status_code == 404


def test_meetings_are_listed_and_shown(admin: FlaskClient, meeting: Meeting) -> None:
    (listed,) = admin.get("/api/rex/meetings?state=booked").json["items"]
    assert listed == admin.get(f"/api/rex/meetings/{meeting.id}").json
    assert (listed["invitee_email"], listed["host_name"]) == ("grace@example.com", "Ada Sender")
    assert admin.get("/api/rex/meetings?state=cancelled").json["items"] == []
    after = (meeting.ends_at + timedelta(days=1)).isoformat().replace("+", "%2B")
    assert admin.get(f"/api/rex/meetings?since={after}").json["items"] == []
    assert admin.get("/api/rex/meetings?since=2026-06-01T00:00:00").status_code == 422


def test_the_invitation_can_be_sent_by_hand(admin: FlaskClient, meeting: Meeting) -> None:
    answer = admin.get(f"/api/rex/meetings/{meeting.id}.ics")
    assert answer.mimetype == "text/calendar"
    calendar = Calendar.from_ical(answer.data)
    assert calendar["method"] == "REQUEST"
    (event,) = calendar.walk("VEVENT")
    assert event.decoded("dtstart") == meeting.starts_at.astimezone(UTC)


def test_a_meeting_is_called_off_once(admin: FlaskClient, tenant: UUID, meeting: Meeting) -> None:
    for _ in range(2):
        cancelled = admin.post(f"/api/rex/meetings/{meeting.id}/cancel", json={"note": "ill"})
        assert (cancelled.status_code, cancelled.json["state"], cancelled.json["note"]) == (200, "cancelled", "ill")
    with db.transaction(tenant) as session:
        assert session.scalars(text("SELECT kind FROM todos")).all() == ["meeting"]
        assert "meeting.cancelled" in session.scalars(text("SELECT action FROM audit")).all()


def test_a_meeting_is_moved_to_a_free_time_and_a_refusal_names_some(admin: FlaskClient, meeting: Meeting) -> None:
    address = f"/api/rex/meetings/{meeting.id}/reschedule"
    later = meeting.starts_at + timedelta(hours=1)
    moved = admin.post(address, json={"starts_at": later.isoformat()})
    assert (moved.status_code, moved.json["sequence"]) == (200, 1)
    refused = admin.post(address, json={"starts_at": (later + timedelta(minutes=7)).isoformat()})
    assert (refused.status_code, refused.json["code"]) == (409, "slot_taken")
    assert later.isoformat() in refused.json["errors"][0]["expected"]


@pytest.mark.parametrize("part", ["", ".ics"])
def test_a_meeting_of_somebody_else_is_not_there(
    someone: Someone, other_tenant: UUID, meeting: Meeting, part: str
) -> None:
    assert someone(other_tenant).get(f"/api/rex/meetings/{meeting.id}{part}").status_code == 404


def test_a_meeting_of_somebody_else_is_neither_moved_nor_called_off(
    someone: Someone, tenant: UUID, other_tenant: UUID, meeting: Meeting
) -> None:
    later = (meeting.starts_at + timedelta(hours=1)).isoformat()
    for act, body in (("cancel", {}), ("reschedule", {"starts_at": later})):
        assert someone(other_tenant).post(f"/api/rex/meetings/{meeting.id}/{act}", json=body).status_code == 404
    with db.transaction(tenant) as session:
        assert session.execute(text("SELECT state, sequence FROM meetings")).one() == ("booked", 0)


def test_who_may_only_look_changes_nothing(someone: Someone, tenant: UUID, meeting: Meeting) -> None:
    viewer = someone(tenant, Role.VIEWER)
    assert viewer.get(f"/api/rex/meetings/{meeting.id}").status_code == 200
    assert viewer.post(f"/api/rex/meetings/{meeting.id}/cancel", json={}).status_code == 403
    assert viewer.post("/api/rex/booking-pages", json=PAGE).status_code == 403
