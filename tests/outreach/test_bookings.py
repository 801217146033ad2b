"""A booking stops everything else, whichever way it comes, and a move is never a cancellation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.errors import ConflictError, InvalidError, ProviderRejectedError
from rex_celery.meetings import links, tokens
from rex_celery.meetings.holding import Wish
from rex_celery.meetings.outside import Change
from rex_celery.meetings.schedule import Meeting
from rex_celery.meetings.tokens import Invitation
from rex_celery.outreach import bookings
from rex_celery.outreach.bookings import Visitor
from tests.factories import a_lead, a_message, a_mission, a_sequence, an_enrolment, an_outcome
from tests.integrations.calendly_events import canceled, created
from tests.meetings.rows import NOW, TEN, a_page

VISITOR = Visitor("  Grace   Hopper ", "Grace@Example.com", "Europe/Berlin")


@dataclass(frozen=True)
class Waiting:
    """A lead on their way through a sequence, with a message that waits."""

    lead_id: UUID
    mission_id: UUID
    email: str


@pytest.fixture
def waiting(tenant: UUID) -> Waiting:
    return enrolled(tenant, "grace@example.com")


def enrolled(tenant: UUID, email: str) -> Waiting:
    with db.transaction(tenant) as session:
        lead, mission = a_lead(session, tenant, email=email), a_mission(session, tenant)
        enrolment = an_enrolment(session, mission, lead, a_sequence(session, tenant))
        an_outcome(session, mission, lead)
        for position, state in enumerate(("delivered", "planned")):
            given = {"enrolment_id": enrolment.id, "position": position, "state": state, "step_key": f"step{position}"}
            a_message(session, mission, lead, **given, sent_at=NOW if position == 0 else None)
        return Waiting(lead.id, mission.id, email)


def standing(tenant: UUID, lead_id: UUID) -> tuple[str, str | None, list[str]]:
    """The state and reason of a lead's enrolment, and the states of their messages."""
    with db.transaction(tenant) as session:
        state, reason = session.execute(
            text("SELECT state, reason FROM enrolments WHERE lead_id = :lead"), {"lead": lead_id}
        ).one()
        messages = text("SELECT state FROM messages WHERE lead_id = :lead ORDER BY position")
        return state, reason, list(session.scalars(messages, {"lead": lead_id}))


def rows(tenant: UUID, query: str) -> list[tuple[Any, ...]]:
    with db.transaction(tenant) as session:
        return [tuple(row) for row in session.execute(text(query))]


STOPPED = ("stopped", "meeting_booked", ["delivered", "suppressed"])
UNTOUCHED = ("active", None, ["delivered", "planned"])


def visit(tenant: UUID, given: Invitation, visitor: Visitor = VISITOR, wish: Wish | None = None) -> Meeting:
    with db.transaction(tenant) as session:
        return bookings.book_on_page(session, given, visitor, wish or Wish(TEN), NOW)


def test_a_booking_stops_everything_else_for_the_person(tenant: UUID, waiting: Waiting) -> None:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
    meeting = visit(tenant, Invitation(tenant, page.id, waiting.lead_id, waiting.mission_id))
    assert standing(tenant, waiting.lead_id) == STOPPED
    assert (meeting.invitee_name, meeting.invitee_email, meeting.invitee_timezone) == (
        "Grace Hopper",
        "grace@example.com",
        "Europe/Berlin",
    )
    assert (meeting.lead_id, meeting.mission_id) == (waiting.lead_id, waiting.mission_id)
    told = rows(tenant, "SELECT type, payload->>'reason' FROM events ORDER BY seq")
    assert told == [("enrolment.stopped", "meeting_booked"), ("meeting.booked", None)]


def test_a_booking_with_another_address_stops_both_people(tenant: UUID, waiting: Waiting) -> None:
    other = enrolled(tenant, "office@example.com")
    bystander = enrolled(tenant, "alan@example.com")
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
    meeting = visit(tenant, Invitation(tenant, page.id, waiting.lead_id), Visitor("Grace", other.email))
    assert meeting.lead_id == waiting.lead_id
    assert standing(tenant, waiting.lead_id) == standing(tenant, other.lead_id) == STOPPED
    assert standing(tenant, bystander.lead_id) == UNTOUCHED


def test_a_link_for_nobody_finds_the_lead_by_their_address_and_the_mission_that_wrote_last(
    tenant: UUID, waiting: Waiting
) -> None:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
    meeting = visit(tenant, Invitation(tenant, page.id))
    assert (meeting.lead_id, meeting.mission_id) == (waiting.lead_id, waiting.mission_id)
    assert standing(tenant, waiting.lead_id) == STOPPED


def test_somebody_unknown_may_book_too(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
    meeting = visit(tenant, Invitation(tenant, page.id, uuid4(), uuid4()))
    assert (meeting.lead_id, meeting.mission_id) == (None, None)


def test_a_time_that_is_taken_stops_nothing(tenant: UUID, waiting: Waiting) -> None:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
    given = Invitation(tenant, page.id, waiting.lead_id)
    with pytest.raises(ConflictError):
        visit(tenant, given, wish=Wish(TEN + timedelta(minutes=1)))
    assert standing(tenant, waiting.lead_id) == UNTOUCHED


def test_everything_wrong_with_the_form_is_told_at_once(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
    with pytest.raises(InvalidError) as refused:
        visit(tenant, Invitation(tenant, page.id), Visitor(" ", "nobody"))
    assert [one.where for one in refused.value.problems] == ["name", "email"]


def test_a_cancelled_meeting_is_somebodys_turn_and_begins_no_sequence_again(tenant: UUID, waiting: Waiting) -> None:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
    meeting = visit(tenant, Invitation(tenant, page.id, waiting.lead_id))
    for _ in range(2):
        with db.transaction(tenant) as session:
            assert bookings.cancel(session, tenant, meeting.id, "a cold", NOW).state == "cancelled"
    assert standing(tenant, waiting.lead_id) == STOPPED
    assert rows(tenant, "SELECT kind, body, lead_id, state FROM todos") == [
        ("meeting", "a cold", waiting.lead_id, "open")
    ]


# Calendly


def apply(tenant: UUID, *payloads: dict[str, Any]) -> list[Change]:
    changes = []
    for payload in payloads:
        with db.transaction(tenant) as session:
            changes.append(bookings.apply_calendly(session, tenant, payload, NOW).change)
    return changes


def meetings(tenant: UUID) -> list[tuple[Any, ...]]:
    return rows(
        tenant, "SELECT provider_id, state, to_char(starts_at, 'DD HH24:MI'), sequence FROM meetings ORDER BY 1"
    )


def word(tenant: UUID, lead_id: UUID) -> dict[str, str]:
    """What our link put into Calendly's tracking."""
    made = links.calendly_link("https://calendly.com/ada", tenant, lead_id)
    return {"utm_content": made.partition("utm_content=")[2]}


def a_move(at: str = "09T10", old: str = "A", new: str = "B") -> tuple[dict[str, Any], dict[str, Any]]:
    """Both events of a move."""
    times = {"start_time": f"2026-06-{at}:00:00Z", "end_time": f"2026-06-{at}:30:00Z", "name": "Intro call"}
    return (
        canceled(uri=old, rescheduled=True, new_invitee=new),
        created(uri=new, old_invitee=old, scheduled_event=times),
    )


def test_a_booking_at_calendly_stops_everything_else_also_under_another_address(tenant: UUID, waiting: Waiting) -> None:
    given = created(email="assistant@example.com", tracking=word(tenant, waiting.lead_id))
    assert apply(tenant, given) == [Change.BOOKED]
    assert standing(tenant, waiting.lead_id) == STOPPED
    assert rows(tenant, "SELECT lead_id, mission_id FROM meetings") == [(waiting.lead_id, waiting.mission_id)]


@pytest.mark.parametrize("tracking", ["bare", "none", "forged", "foreign"])
def test_a_lead_is_found_by_a_bare_id_or_else_by_its_address(
    tenant: UUID, other_tenant: UUID, waiting: Waiting, tracking: str
) -> None:
    words = {
        "bare": {"utm_content": str(waiting.lead_id)},
        "none": {},
        "forged": {"utm_content": "spring-campaign"},
        "foreign": word(other_tenant, uuid4()),
    }
    apply(tenant, created(tracking=words[tracking]))
    assert rows(tenant, "SELECT lead_id FROM meetings") == [(waiting.lead_id,)]
    assert standing(tenant, waiting.lead_id) == STOPPED


def test_the_same_event_again_changes_nothing(tenant: UUID) -> None:
    assert apply(tenant, created(uri="A"), created(uri="A")) == [Change.BOOKED, Change.NOTHING]
    assert len(rows(tenant, "SELECT FROM events")) == 1


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_a_move_is_one_meeting_in_whatever_order_its_events_come(tenant: UUID, order: Sequence[int]) -> None:
    events = (created(uri="A"), *a_move())
    for _ in range(2):  # and however often
        apply(tenant, *(events[place] for place in order))
    ((name, state, starts, _),) = meetings(tenant)
    assert (name, state, starts) == ("B", "booked", "09 10:00")
    told = {kind for (kind,) in rows(tenant, "SELECT type FROM events")}
    assert told == {"meeting.booked"}
    assert rows(tenant, "SELECT FROM todos") == []


def test_moved_twice_and_told_backwards_it_is_still_one_meeting(tenant: UUID) -> None:
    first, second = a_move(), a_move("10T11", "B", "C")
    apply(tenant, second[1], second[0], created(uri="A"), first[1], first[0])
    ((name, state, starts, _),) = meetings(tenant)
    assert (name, state, starts) == ("C", "booked", "10 11:00")


def test_a_moved_meeting_keeps_its_row_and_raises_its_sequence(tenant: UUID, waiting: Waiting) -> None:
    apply(tenant, created(uri="A"))
    before = rows(tenant, "SELECT id FROM meetings")
    assert apply(tenant, *a_move()) == [Change.NOTHING, Change.MOVED]
    assert rows(tenant, "SELECT id FROM meetings") == before
    assert meetings(tenant) == [("B", "booked", "09 10:00", 1)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=str)
def test_a_cancellation_holds_also_before_its_booking(tenant: UUID, waiting: Waiting, order: tuple[int, int]) -> None:
    events = (created(uri="A"), canceled(uri="A", cancellation={"reason": "a cold"}))
    apply(tenant, *(events[place] for place in order))
    assert [row[:2] for row in meetings(tenant)] == [("A", "cancelled")]
    assert rows(tenant, "SELECT kind, body FROM todos") == [("meeting", "a cold")]
    assert standing(tenant, waiting.lead_id) == STOPPED


def test_a_late_cancellation_of_what_was_moved_cancels_nothing(tenant: UUID) -> None:
    apply(tenant, created(uri="A"), a_move()[1], canceled(uri="A"))
    assert [row[:2] for row in meetings(tenant)] == [("B", "booked")]


def test_a_cancellation_stops_no_sequence_that_began_after_the_booking(tenant: UUID) -> None:
    apply(tenant, created(uri="A"))
    later = enrolled(tenant, "grace@example.com")
    apply(tenant, canceled(uri="A"))
    assert standing(tenant, later.lead_id) == UNTOUCHED


def test_an_event_that_cannot_be_read_is_refused_and_others_are_left_alone(tenant: UUID) -> None:
    with pytest.raises(ProviderRejectedError):
        apply(tenant, created(email=None))
    assert apply(tenant, {"event": "invitee_no_show.created", "payload": {}}) == [Change.NOTHING]
    assert tokens.read_person(word(tenant, tenant)["utm_content"], links.secret()).tenant_id == tenant
