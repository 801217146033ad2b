"""Approvals: nothing leaves before a person has looked, and what was approved, changed or refused stays so."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rex_celery import clock, db
from rex_celery.errors import ConflictError, InvalidError, NotFoundError
from rex_celery.missions import control
from rex_celery.models import Mission
from rex_celery.outreach import approvals, progress, waiting
from tests.factories import a_lead, a_message, a_sequence, an_enrolment
from tests.missions import asking
from tests.missions.conftest import HandCarrier
from tests.missions.following import a_real_inbox, change, enrolments, following, messages, messages_add_up
from tests.missions.test_collect import step
from tests.missions.test_control import act, until_one_waits

Owner = psycopg.Connection[tuple[object, ...]]


def a_mission(carrier: HandCarrier, tenant: UUID, *, leads: int = 8, autonomy: str = "approve_first_n") -> UUID:
    """A mission over a real provider that waits for a person, with two messages for each of its people."""
    a_real_inbox(tenant)
    mission = following(tenant, leads=leads, autonomy=autonomy)
    carrier.run_all()
    return mission


def first(tenant: UUID, mission: UUID) -> list[UUID]:
    with db.transaction(tenant) as session:
        return [one.message_id for one in waiting.page(session, mission_id=mission).items]


def approve(tenant: UUID, *ids: UUID, edited: dict[UUID, tuple[str, str]] | None = None) -> list[UUID]:
    with db.transaction(tenant) as session:
        return approvals.approve(session, tenant, ids, "a person", edited)


def reject(tenant: UUID, *ids: UUID) -> None:
    with db.transaction(tenant) as session:
        approvals.reject(session, tenant, ids)


def policy(tenant: UUID, n: int) -> None:
    """The tenant's sending policy wants to see this many."""
    change(tenant, "UPDATE tenants SET policy = jsonb_build_object('approve_first', CAST(:n AS int))", n=n)


def test_what_waits_is_shown_as_it_would_go_out_first_messages_first(carrier: HandCarrier, tenant: UUID) -> None:
    mission = a_mission(carrier, tenant, leads=4)
    with db.transaction(tenant) as session:
        page = waiting.page(session, limit=4)
        rest = waiting.page(session, limit=4, cursor=page.next_cursor)
    found = page.items + rest.items
    assert [one.position for one in found] == [0, 0, 0, 1, 1, 1]
    assert len({one.message_id for one in found}) == 6
    assert found[0].subject
    assert "Unsubscribe" in found[0].body
    assert found[0].mission_id == mission
    assert found[0].due_at is not None
    assert found[-1].due_at is None


def test_an_approved_message_may_leave_and_the_others_still_wait(carrier: HandCarrier, tenant: UUID) -> None:
    mission = a_mission(carrier, tenant, leads=4, autonomy="suggest")
    assert approve(tenant, first(tenant, mission)[0]) == [mission]
    assert messages(tenant, mission) == {
        ("first", "planned", None): 1,
        ("first", "planned", "waiting_approval"): 2,
        ("second", "planned", "waiting_approval"): 3,
    }


def test_after_n_without_a_change_the_rest_of_the_mission_is_let_go(carrier: HandCarrier, tenant: UUID) -> None:
    policy(tenant, 3)
    mission = a_mission(carrier, tenant)
    ids = first(tenant, mission)
    approve(tenant, *ids[:2])
    assert messages(tenant, mission)[("first", "planned", "waiting_approval")] == 4
    approve(tenant, ids[2])
    assert messages(tenant, mission) == {("first", "planned", None): 6, ("second", "planned", None): 6}


def test_a_policy_that_wants_to_see_none_asks_nobody(carrier: HandCarrier, tenant: UUID) -> None:
    policy(tenant, 0)
    mission = a_mission(carrier, tenant)
    assert messages(tenant, mission) == {("first", "planned", None): 6, ("second", "planned", None): 6}


def test_a_mission_that_only_suggests_is_never_let_go_by_itself(carrier: HandCarrier, tenant: UUID) -> None:
    policy(tenant, 1)
    mission = a_mission(carrier, tenant, leads=4, autonomy="suggest")
    approve(tenant, *first(tenant, mission)[:3])
    assert messages(tenant, mission)[("second", "planned", "waiting_approval")] == 3


def test_after_a_change_the_count_begins_anew(carrier: HandCarrier, tenant: UUID) -> None:
    policy(tenant, 2)
    mission = a_mission(carrier, tenant)
    with db.transaction(tenant) as session:
        shown = waiting.page(session, mission_id=mission).items
    ids = [one.message_id for one in shown]
    approve(tenant, ids[0])
    approve(tenant, edited={ids[1]: ("A better subject", shown[1].body)})
    approve(tenant, ids[2])
    assert messages(tenant, mission)[("first", "planned", "waiting_approval")] == 3
    approve(tenant, ids[3])
    assert not messages(tenant, mission)[("first", "planned", "waiting_approval")]
    edited = "SELECT subject FROM messages WHERE id = :id AND edited_at IS NOT NULL AND approved_at IS NOT NULL"
    assert asking.one(tenant, edited, id=ids[1]) == "A better subject"


def test_words_that_were_not_changed_are_no_edit(carrier: HandCarrier, tenant: UUID) -> None:
    mission = a_mission(carrier, tenant)
    with db.transaction(tenant) as session:
        one = waiting.page(session, mission_id=mission).items[0]
    approve(tenant, edited={one.message_id: (one.subject, one.body)})
    assert asking.one(tenant, "SELECT edited_at FROM messages WHERE id = :id", id=one.message_id) is None


def test_a_change_that_may_not_go_out_is_refused_with_every_reason(carrier: HandCarrier, tenant: UUID) -> None:
    mission = a_mission(carrier, tenant)
    one = first(tenant, mission)[0]
    with pytest.raises(InvalidError) as refused:
        approve(tenant, edited={one: ("Re: our call", "Hi {{ first_name }}, click here")})
    assert len(refused.value.problems) >= 4
    assert {problem.where for problem in refused.value.problems} == {f"edits.{one}"}
    assert messages(tenant, mission)[("first", "planned", "waiting_approval")] == 6


def test_a_refused_message_ends_its_readers_sequence(carrier: HandCarrier, tenant: UUID) -> None:
    mission = a_mission(carrier, tenant, leads=4)
    reject(tenant, first(tenant, mission)[0])
    assert enrolments(tenant, mission) == {("active", None): 2, ("stopped", "rejected_by_person"): 1}
    assert asking.leads_of(tenant, mission)[("skipped", "rejected_by_person")] == 1
    assert messages(tenant, mission)[("second", "skipped", "rejected_by_person")] == 1
    assert messages_add_up(tenant, mission)


def test_what_was_decided_cannot_be_decided_again(carrier: HandCarrier, tenant: UUID) -> None:
    mission = a_mission(carrier, tenant, leads=4)
    one, two, *_ = first(tenant, mission)
    approve(tenant, one)
    for decide in (approve, reject):
        with pytest.raises(ConflictError, match="do not wait"):
            decide(tenant, one, two)
        with pytest.raises(NotFoundError):
            decide(tenant, two, uuid4())
    assert messages(tenant, mission)[("first", "planned", "waiting_approval")] == 2


def test_the_messages_of_another_tenant_are_not_there(carrier: HandCarrier, tenant: UUID, other_tenant: UUID) -> None:
    mission = a_mission(carrier, tenant, leads=4)
    with db.transaction(other_tenant) as session:
        assert not waiting.page(session).items
    with pytest.raises(NotFoundError):
        approve(other_tenant, first(tenant, mission)[0])


@pytest.mark.parametrize("state", ["claimed", "submitted", "accepted"])
def test_the_database_itself_lets_nothing_leave_that_nobody_approved(
    carrier: HandCarrier, tenant: UUID, state: str
) -> None:
    mission = a_mission(carrier, tenant, leads=4)
    with pytest.raises(IntegrityError, match="nobody approved"):
        change(tenant, "UPDATE messages SET state = :s, wait_reason = NULL WHERE mission_id = :id", s=state, id=mission)


def test_a_later_message_that_gets_its_time_still_waits_for_its_approval(carrier: HandCarrier, tenant: UUID) -> None:
    mission = a_mission(carrier, tenant, leads=4, autonomy="suggest")
    approve(tenant, *first(tenant, mission)[:3])
    now = clock.now()
    sent = "UPDATE messages SET state = 'accepted', sent_at = :now, provider = 'smtp'"
    change(tenant, f"{sent} WHERE position = 0 AND mission_id = :id", now=now, id=mission)
    with db.transaction(tenant) as session:
        ids = session.scalars(text("SELECT id FROM enrolments WHERE mission_id = :id"), {"id": mission}).all()
        progress.schedule_next(session, tenant, ids, now + timedelta(minutes=1))
    due = "SELECT count(*) FROM messages WHERE mission_id = :id AND run_after IS NOT NULL AND position = 1"
    assert asking.one(tenant, due, id=mission) == 3
    assert messages(tenant, mission)[("second", "planned", "waiting_approval")] == 3


def test_the_word_for_the_whole_mission_lets_all_go_also_what_is_enrolled_later(
    carrier: HandCarrier, tenant: UUID
) -> None:
    mission = a_mission(carrier, tenant, autonomy="suggest")
    act(control.approve, tenant, mission)
    assert messages(tenant, mission) == {("first", "planned", None): 6, ("second", "planned", None): 6}
    assert step(tenant, mission, "approve") == "done"
    with db.transaction(tenant) as session:
        assert not approvals.are_needed(session, tenant, mission)


def test_a_mission_that_does_not_wait_cannot_be_approved_and_nothing_is_let_go(
    carrier: HandCarrier, tenant: UUID
) -> None:
    mission = a_mission(carrier, tenant)
    change(tenant, "UPDATE steps SET state = 'blocked' WHERE mission_id = :id AND kind = 'approval'", id=mission)
    with pytest.raises(ConflictError, match="does not wait"):
        act(control.approve, tenant, mission)
    assert messages(tenant, mission)[("first", "planned", "waiting_approval")] == 6


def test_the_word_for_a_mission_waits_for_an_enrolment_that_is_under_way(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner
) -> None:
    mission = a_mission(carrier, tenant, autonomy="suggest")
    with ThreadPoolExecutor(1) as pool:
        with db.transaction(tenant) as session:
            assert approvals.are_needed(session, tenant, mission)
            one_more(session, tenant, mission)
            released = pool.submit(act, control.approve, tenant, mission)
            until_one_waits(owner_connection)
        released.result()
    assert messages(tenant, mission) == {("first", "planned", None): 7, ("second", "planned", None): 6}


def one_more(session: Session, tenant: UUID, mission_id: UUID) -> None:
    """Enrol somebody else, whose message must be approved."""
    mission, lead = session.get_one(Mission, mission_id), a_lead(session, tenant)
    enrolment = an_enrolment(session, mission, lead, a_sequence(session, tenant))
    known = {"enrolment_id": enrolment.id, "position": 0, "step_key": "first", "wait_reason": "waiting_approval"}
    a_message(session, mission, lead, **known)
