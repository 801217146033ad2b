"""A mission that follows a sequence: it enrols, waits while messages go out, and ends when nobody is on their way."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from rex_celery import clock, db
from rex_celery.missions import collect, control, queries, reconcile, settle
from rex_celery.outreach import progress, sending
from tests.missions import asking
from tests.missions.conftest import HandCarrier, submitted
from tests.missions.following import (
    WIDE_OPEN,
    a_real_inbox,
    change,
    enrolments,
    following,
    messages,
    messages_add_up,
    twice,
)
from tests.missions.test_control import act

Owner = psycopg.Connection[tuple[object, ...]]


def step(tenant: UUID, mission: UUID, key: str) -> str:
    return str(asking.one(tenant, "SELECT state FROM steps WHERE mission_id = :id AND key = :key", id=mission, key=key))


def end(tenant: UUID, mission: UUID) -> None:
    """All messages arrive and the enrolments complete, as the core has it."""
    sent = "UPDATE messages SET state = 'accepted', sent_at = now() WHERE mission_id = :id AND state = 'planned'"
    change(tenant, sent, id=mission)
    change(tenant, "UPDATE outcomes SET state = 'sent' WHERE mission_id = :id AND state = 'pending'", id=mission)
    change(tenant, "UPDATE enrolments SET state = 'completed' WHERE mission_id = :id", id=mission)


def test_a_mission_with_a_sequence_enrols_everybody_and_collects(carrier: HandCarrier, tenant: UUID) -> None:
    mission = following(tenant, leads=8)
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "collecting"
    assert step(tenant, mission, "collect") == "waiting"
    assert enrolments(tenant, mission) == {("active", None): 6}
    assert messages(tenant, mission) == {("first", "planned", None): 6, ("second", "planned", None): 6}
    assert not asking.delivered(tenant)
    assert asking.leads_of(tenant, mission) == {("pending", None): 6, ("skipped", "customer"): 2}
    assert asking.adds_up(tenant, mission)
    assert messages_add_up(tenant, mission)
    with db.transaction(tenant) as session:
        found = queries.get(session, mission)
    assert (found.active, found.messages) == (6, queries.Counts(12, 0, 0, 0, 0, 12))


def test_only_the_first_message_has_its_time(carrier: HandCarrier, tenant: UUID) -> None:
    mission = following(tenant)
    carrier.run_all()
    due = "SELECT count(*) FROM messages WHERE mission_id = :id AND position = :at AND run_after <= now()"
    assert [asking.one(tenant, due, id=mission, at=position) for position in (0, 1)] == [3, 0]
    inbox = "SELECT count(*) FROM messages AS m JOIN inboxes AS i ON i.id = m.inbox_id WHERE mission_id = :id"
    assert asking.one(tenant, inbox, id=mission) == 6
    told = "SELECT count(*) FROM lead_history WHERE mission_id = :id AND agent = 'outreach' AND state = 'enrolled'"
    assert asking.one(tenant, told, id=mission) == 3


def test_it_ends_when_nobody_is_on_their_way_any_more_and_only_once(carrier: HandCarrier, tenant: UUID) -> None:
    mission = following(tenant)
    carrier.run_all()
    reconcile.run_round()
    assert asking.state_of(tenant, mission) == "collecting"
    end(tenant, mission)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: collect.finish_ready(), range(8)))
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    ended = (
        "SELECT count(*) FROM events WHERE mission_id = :id AND type = 'step.finished' AND payload->>'key' = 'collect'"
    )
    assert asking.one(tenant, ended, id=mission) == 1
    assert asking.leads_of(tenant, mission) == {("sent", None): 3, ("skipped", "customer"): 1}
    assert asking.adds_up(tenant, mission)


def test_its_progress_grows_with_those_who_are_through(carrier: HandCarrier, tenant: UUID) -> None:
    mission = following(tenant)
    carrier.run_all()
    asked = "SELECT progress FROM mission_progress WHERE mission_id = :id"
    before = asking.one(tenant, asked, id=mission)
    one = "SELECT id FROM enrolments WHERE mission_id = :id LIMIT 1"
    change(tenant, f"UPDATE enrolments SET state = 'completed' WHERE id = ({one})", id=mission)
    collect.finish_ready()
    assert asking.one(tenant, "SELECT done FROM steps WHERE mission_id = :id AND kind = 'wait'", id=mission) == 1
    assert asking.one(tenant, asked, id=mission) > before  # type: ignore[operator]


def test_a_mission_without_a_sequence_skips_the_wait_at_once(carrier: HandCarrier, tenant: UUID) -> None:
    mission = submitted(tenant)
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    assert (step(tenant, mission, "approve"), step(tenant, mission, "collect")) == ("skipped", "skipped")
    with db.transaction(tenant) as session:
        assert queries.get(session, mission).messages is None


def test_weeks_of_collecting_are_no_stall_and_hold_no_place(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner
) -> None:
    mission = following(tenant)
    carrier.run_all()
    owner_connection.execute("UPDATE missions SET started_at = now() - interval '20 days'")
    owner_connection.execute("UPDATE steps SET started_at = now() - interval '20 days', progressed_at = NULL")
    reconcile.run_round()
    assert asking.state_of(tenant, mission) == "collecting"
    assert asking.one(tenant, "SELECT stalls FROM missions WHERE id = :id", id=mission) == 0
    held = owner_connection.execute("SELECT count(*) FROM crew_slots WHERE mission_id IS NOT NULL").fetchone()
    assert held == (0,)


def test_a_cancelled_mission_takes_back_what_has_not_left(carrier: HandCarrier, tenant: UUID) -> None:
    mission = following(tenant, leads=8)
    carrier.run_all()
    left = (
        "UPDATE messages SET state = :to WHERE id = (SELECT id FROM messages WHERE mission_id = :id AND position = 0"
        " AND state = 'planned' ORDER BY id LIMIT 1)"
    )
    for state in ("accepted", "submitted"):
        change(tenant, left, to=state, id=mission)
    change(
        tenant,
        "UPDATE outcomes AS o SET state = 'sent' FROM messages AS m WHERE m.mission_id = o.mission_id"
        " AND m.lead_id = o.lead_id AND m.state = 'accepted' AND o.mission_id = :id",
        id=mission,
    )
    act(control.cancel, tenant, mission)
    settle.settle(tenant, mission)
    assert enrolments(tenant, mission) == {("stopped", "cancelled"): 6}
    assert messages(tenant, mission) == {
        ("first", "accepted", None): 1,
        ("first", "submitted", None): 1,
        ("first", "skipped", "cancelled"): 4,
        ("second", "skipped", "cancelled"): 6,
    }
    # Somebody may get the message that was handed over: what became of it is known with its result.
    assert asking.leads_of(tenant, mission) == {
        ("sent", None): 1,
        ("pending", None): 1,
        ("skipped", "cancelled"): 4,
        ("skipped", "customer"): 2,
    }
    assert asking.adds_up(tenant, mission)
    assert messages_add_up(tenant, mission)


def test_a_cancellation_that_nobody_settled_is_found(carrier: HandCarrier, tenant: UUID) -> None:
    mission = following(tenant)
    carrier.run_all()
    change(tenant, "UPDATE outcomes SET state = 'sent' WHERE mission_id = :id AND state = 'pending'", id=mission)
    act(control.cancel, tenant, mission)
    carrier.waiting.clear()
    reconcile.run_round()
    assert enrolments(tenant, mission) == {("stopped", "cancelled"): 3}


def test_a_paused_mission_does_not_end_and_goes_on_after_it(carrier: HandCarrier, tenant: UUID) -> None:
    mission = following(tenant)
    carrier.run_all()
    act(control.pause, tenant, mission)
    end(tenant, mission)
    reconcile.run_round()
    assert asking.state_of(tenant, mission) == "collecting"
    act(control.resume, tenant, mission)
    reconcile.run_round()
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"


def test_a_retry_in_the_middle_of_collecting_enrols_nobody_twice(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner
) -> None:
    mission = following(tenant)
    carrier.run_all()
    owner_connection.execute("UPDATE missions SET state = 'escalated', reason = 'stalled'")
    act(control.retry, tenant, mission)
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "collecting"
    assert enrolments(tenant, mission) == {("active", None): 3}
    assert len(messages(tenant, mission)) == 2


@pytest.mark.parametrize("autonomy", ["suggest", "approve_first_n"])
def test_a_mission_over_a_real_provider_waits_for_a_person(carrier: HandCarrier, tenant: UUID, autonomy: str) -> None:
    a_real_inbox(tenant)
    mission = submitted(tenant, leads=4, autonomy=autonomy)
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "collecting"
    assert step(tenant, mission, "approve") == "waiting"
    assert messages(tenant, mission) == {("opening", "planned", "waiting_approval"): 3}
    reconcile.run_round()
    with db.transaction(tenant) as session:
        collect.look(session, tenant, mission)
    assert step(tenant, mission, "approve") == "waiting"
    act(control.approve, tenant, mission)
    assert messages(tenant, mission) == {("opening", "planned", None): 3}
    assert (step(tenant, mission, "approve"), step(tenant, mission, "collect")) == ("done", "waiting")


@pytest.mark.parametrize("what", ["auto", "outbox"])
def test_nobody_is_asked_when_it_is_automatic_or_stays_on_this_machine(
    carrier: HandCarrier, tenant: UUID, what: str
) -> None:
    if what == "auto":
        a_real_inbox(tenant)
    mission = following(tenant, autonomy="auto" if what == "auto" else "suggest")
    carrier.run_all()
    assert step(tenant, mission, "approve") == "skipped"
    assert step(tenant, mission, "collect") == "waiting"


def test_two_missions_after_the_same_people_share_them(carrier: HandCarrier, tenant: UUID) -> None:
    first, second = twice(tenant)  # P35
    carrier.run_all()
    counts = [enrolments(tenant, mission)[("active", None)] for mission in (first, second)]
    assert sum(counts) == 3
    skipped = sum(asking.leads_of(tenant, one)[("skipped", "already_enrolled")] for one in (first, second))
    assert skipped == 3
    for mission in (first, second):
        assert asking.adds_up(tenant, mission)
    taken_back = [messages(tenant, one)[("first", "skipped", "already_enrolled")] for one in (first, second)]
    assert sum(taken_back) == 3


def test_a_whole_mission_over_days_from_its_order_to_its_end(carrier: HandCarrier, tenant: UUID) -> None:
    change(tenant, "UPDATE tenants SET policy = CAST(:policy AS jsonb)", policy=json.dumps(WIDE_OPEN))
    mission = following(tenant, leads=8)
    carrier.run_all()
    inbox = asking.one(tenant, "SELECT DISTINCT inbox_id FROM messages WHERE inbox_id IS NOT NULL")
    at, sent = clock.now(), []
    for _ in range(12):
        at += timedelta(hours=20)
        with clock.replaced(lambda now=at: now):  # type: ignore[misc]
            sent.append(sending.Shift(tenant, UUID(str(inbox))).run())
            with db.transaction(tenant) as session:
                progress.sweep(session, tenant, at)
        reconcile.run_round()
        carrier.run_all()
        if asking.state_of(tenant, mission) == "completed":
            break
    assert asking.state_of(tenant, mission) == "completed"
    assert sum(sent) == 12
    assert set(asking.delivered(tenant).values()) == {1}
    assert messages(tenant, mission) == {("first", "accepted", None): 6, ("second", "accepted", None): 6}
    assert enrolments(tenant, mission) == {("completed", None): 6}
    assert asking.leads_of(tenant, mission) == {("sent", None): 6, ("skipped", "customer"): 2}
    assert asking.adds_up(tenant, mission)
    assert messages_add_up(tenant, mission)
    with db.transaction(tenant) as session:
        found = queries.get(session, mission)
    assert found.messages == queries.Counts(12, 12, 0, 0, 0, 0)
    assert found.result is not None
    assert found.result["channels"] == {"email": 12}
