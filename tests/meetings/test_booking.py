"""Two visitors never get the same hour, and a meeting is moved or cancelled as one and the same."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.errors import ConflictError, NotFoundError
from rex_celery.meetings import booking, holding, page_changes, schedule
from rex_celery.meetings.availability import Interval
from rex_celery.meetings.booking import Invitee
from rex_celery.meetings.holding import Wish
from rex_celery.meetings.schedule import Meeting
from tests.factories import a_connection
from tests.meetings.rows import ELEVEN, GRACE, NOW, TEN, a_meeting, a_page


def events(tenant: UUID) -> list[str]:
    with db.transaction(tenant) as session:
        return list(
            session.scalars(text("SELECT type || ' ' || coalesce(payload->>'sequence', '') FROM events ORDER BY seq"))
        )


def test_a_booked_time_is_not_free_any_more(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
    meeting = a_meeting(tenant, page)
    with db.transaction(tenant) as session:
        assert TEN not in holding.free(session, page, (), NOW)
        assert schedule.get(session, meeting.id) == meeting
    assert (meeting.starts_at, meeting.ends_at) == (TEN, TEN + timedelta(minutes=30))
    assert events(tenant) == ["meeting.booked 0"]


def test_two_visitors_race_and_one_wins(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        # Another page of the same host is the same calendar.
        pages = [a_page(session, tenant), a_page(session, tenant, host_email="Ada@acme.example.com")]
    barrier = threading.Barrier(8)

    def visit(number: int) -> Meeting | ConflictError:
        barrier.wait(10)
        try:
            return a_meeting(tenant, pages[number % 2], invitee=Invitee("A Visitor", f"visitor{number}@example.com"))
        except ConflictError as refused:
            return refused

    with ThreadPoolExecutor(8) as pool:
        ended = list(pool.map(visit, range(8)))
    lost = [one for one in ended if isinstance(one, ConflictError)]
    assert len(lost) == 7
    assert {one.code for one in lost} == {"slot_taken"}
    assert "2026-06-02T14:30:00+00:00" in lost[0].problems[0].expected
    assert events(tenant) == ["meeting.booked 0"]


def test_the_second_visitor_waits_for_the_first_and_then_hears_no(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        page, other = a_page(session, tenant), a_page(session, tenant)
    with ThreadPoolExecutor(1) as pool:
        with db.transaction(tenant) as session:
            held = holding.hold(session, page.id, Wish(TEN), NOW)
            booking.book(session, tenant, held, GRACE, TEN, NOW)
            second = pool.submit(a_meeting, tenant, other, TEN)
            with pytest.raises(TimeoutError):
                second.result(0.5)
        with pytest.raises(ConflictError):
            second.result(30)


def test_another_hosts_meetings_are_in_nobodys_way(tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        page, other = a_page(session, tenant), a_page(session, tenant, host_email="bob@acme.example.com")
    with db.transaction(other_tenant) as session:
        elsewhere = a_page(session, other_tenant)
    a_meeting(tenant, page)
    a_meeting(tenant, other)
    a_meeting(other_tenant, elsewhere)


def test_what_the_hosts_own_calendar_holds_is_in_the_way(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
        with pytest.raises(ConflictError):
            holding.hold(session, page.id, Wish(TEN, [Interval(TEN, ELEVEN)]), NOW)


def test_a_paused_page_takes_no_bookings(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
        page_changes.change(session, page.id, {"state": "paused"})
        with pytest.raises(ConflictError) as refused:
            holding.hold(session, page.id, Wish(TEN), NOW)
    assert refused.value.code == "page_paused"


def test_one_address_cannot_fill_a_calendar(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
    for hour in range(booking.MOST_COMING):
        a_meeting(tenant, page, TEN + timedelta(hours=hour))
    with pytest.raises(ConflictError) as refused:
        a_meeting(tenant, page, TEN + timedelta(hours=4))
    assert refused.value.code == "too_many_meetings"


def test_a_moved_meeting_keeps_its_row_and_raises_its_sequence(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
    meeting = a_meeting(tenant, page)
    half = TEN + timedelta(minutes=30)
    with db.transaction(tenant) as session:
        moved = booking.reschedule(session, tenant, meeting.id, Wish(half), NOW)
    assert (moved.id, moved.starts_at, moved.sequence) == (meeting.id, half, 1)
    assert events(tenant) == ["meeting.booked 0", "meeting.booked 1"]
    a_meeting(tenant, page, TEN)


def test_a_meeting_is_not_in_its_own_way_but_others_are(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant, buffer_minutes=30)
    first = a_meeting(tenant, page, TEN)
    a_meeting(tenant, page, TEN + timedelta(hours=2))
    with db.transaction(tenant) as session:
        booking.reschedule(session, tenant, first.id, Wish(TEN + timedelta(minutes=30)), NOW)
    with db.transaction(tenant) as session, pytest.raises(ConflictError) as refused:
        booking.reschedule(session, tenant, first.id, Wish(TEN + timedelta(minutes=90)), NOW)
    assert refused.value.code == "slot_taken"


def test_moving_to_the_same_time_changes_nothing(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
    meeting = a_meeting(tenant, page)
    with db.transaction(tenant) as session:
        assert booking.reschedule(session, tenant, meeting.id, Wish(TEN), NOW) == meeting
    assert events(tenant) == ["meeting.booked 0"]


def test_a_cancelled_meeting_frees_its_time_and_cancelling_twice_is_once(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
    meeting = a_meeting(tenant, page)
    with db.transaction(tenant) as session:
        cancelled, done = booking.cancel(session, tenant, meeting.id, "cannot come", NOW)
        again = booking.cancel(session, tenant, meeting.id, "again", NOW)
    assert (cancelled.state, cancelled.note, cancelled.sequence, done) == ("cancelled", "cannot come", 1, True)
    assert again == (cancelled, False)
    assert events(tenant) == ["meeting.booked 0", "meeting.cancelled "]
    a_meeting(tenant, page)


@pytest.mark.parametrize("state", ["cancelled", "over"])
def test_what_is_cancelled_or_over_is_not_moved(tenant: UUID, state: str) -> None:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
    meeting = a_meeting(tenant, page)
    if state == "cancelled":
        with db.transaction(tenant) as session:
            booking.cancel(session, tenant, meeting.id, "", NOW)
    now = TEN if state == "over" else NOW
    with db.transaction(tenant) as session, pytest.raises(ConflictError) as refused:
        booking.reschedule(session, tenant, meeting.id, Wish(ELEVEN), now)
    assert refused.value.code == f"meeting_{state}"
    if state == "over":
        with db.transaction(tenant) as session, pytest.raises(ConflictError):
            booking.cancel(session, tenant, meeting.id, "", now)


def test_a_calendar_that_is_connected_is_written_to_later(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        connection = a_connection(session, tenant, provider="caldav")
        page = a_page(session, tenant, connection_id=connection.id)
    meeting = a_meeting(tenant, page)
    with db.transaction(tenant) as session:
        cancelled, _ = booking.cancel(session, tenant, meeting.id, "", NOW)
    assert (meeting.calendar_state, cancelled.calendar_state) == ("to_write", "to_delete")


def test_a_tenant_sees_its_own_meetings_only(tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
    meeting = a_meeting(tenant, page, invitee=GRACE)
    with db.transaction(other_tenant) as session, pytest.raises(NotFoundError):
        schedule.get(session, meeting.id, lock=True)
    with db.transaction(other_tenant) as session, pytest.raises(NotFoundError):
        holding.hold(session, page.id, Wish(ELEVEN), NOW)


def test_a_list_of_meetings_comes_in_parts_and_in_their_order(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
    made = [a_meeting(tenant, page, TEN + timedelta(hours=hour)) for hour in (2, 0, 1)]
    with db.transaction(tenant) as session:
        booking.cancel(session, tenant, made[0].id, "", NOW)
        first = schedule.listed(session, schedule.Wanted(), limit=2, cursor=None)
        rest = schedule.listed(session, schedule.Wanted(), limit=2, cursor=first.next_cursor)
        booked = schedule.listed(
            session, schedule.Wanted(since=TEN + timedelta(minutes=30), state="booked"), limit=9, cursor=None
        )
    assert [one.id for one in (*first.items, *rest.items)] == [made[1].id, made[2].id, made[0].id]
    assert rest.next_cursor is None
    assert [one.id for one in booked.items] == [made[2].id]
