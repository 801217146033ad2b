"""Reading missions: what is shown is what is stored, in a number of statements that does not grow."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from rex_celery import db
from rex_celery.decisions.states import MissionState
from rex_celery.errors import NotFoundError
from rex_celery.missions import history, moves, queries, results
from rex_celery.missions.views import Action, actions, remaining_seconds
from rex_celery.models import Mission
from rex_celery.tenancy import sending
from tests.factories import a_lead, a_message, a_mission, a_step, an_outcome


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)


def a_full_mission(session: Session, tenant: UUID, leads: int) -> Mission:
    mission = a_mission(session, tenant)
    for position in range(3):
        a_step(session, mission, position=position, state="blocked")
    for _ in range(leads):
        lead = a_lead(session, tenant)
        a_message(session, mission, lead)
        an_outcome(session, mission, lead)
    return mission


def test_the_number_of_statements_does_not_grow_with_what_is_read(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        small, large = a_full_mission(session, tenant, 1), a_full_mission(session, tenant, 40)
    counts = []
    for mission in (small, large):
        with db.transaction(tenant) as session, counted_statements() as seen:
            queries.get(session, mission.id)
            queries.page(session)
            queries.log(session, mission.id)
            results.outcomes(session, mission.id)
            results.messages(session, mission.id)
            queries.overview(session)
        counts.append(len(seen))
    # Two for the detail; the empty log asks once more whether the mission is there.
    assert counts == [8, 8]


def test_counts_and_progress_come_from_the_rows(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        mission = a_mission(session, tenant)
        a_step(session, mission, position=0, state="done")
        a_step(session, mission, position=1, state="running", total=4, done=2)
        states = {"sent": None, "skipped": "no_channel", "pending": None}
        for state, reason in states.items():
            an_outcome(session, mission, a_lead(session, tenant), state=state, reason=reason)
    with db.transaction(tenant) as session:
        seen = queries.get(session, mission.id)
    assert (seen.counts.planned, seen.counts.sent, seen.counts.skipped, seen.counts.pending) == (3, 1, 1, 1)
    assert seen.progress == 0.75
    assert [step.done for step in seen.steps] == [0, 2]


def test_moves_of_one_transaction_are_shown_in_the_order_they_were_made(tenant: UUID) -> None:
    path = [MissionState(one) for one in ("queued", "assigned", "executing", "failed", "queued", "cancelled")]
    with db.transaction(tenant) as session:
        mission = a_mission(session, tenant)
        for before, after in pairwise(path):
            moves.move(session, tenant, mission.id, before, after)
    with db.transaction(tenant) as session:
        seen = queries.get(session, mission.id).moves
    assert [move.to_state for move in seen] == path[1:]


def test_a_mission_that_waits_for_approval_says_so_until_it_has_it(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        mission = a_mission(session, tenant)
        step = a_step(session, mission, kind="approval", agent="coordinator", state="waiting")
        moves.walk(session, tenant, mission.id, MissionState.QUEUED, MissionState.EXECUTING)
    with db.transaction(tenant) as session:
        reason = queries.get(session, mission.id).reason
        assert reason is not None
        assert (reason.code, bool(reason.action)) == ("approval_needed", True)
        session.execute(text("UPDATE steps SET state = 'done' WHERE id = :id"), {"id": step.id})
    with db.transaction(tenant) as session:
        assert queries.get(session, mission.id).reason is None


def test_the_emergency_stop_is_why_an_active_mission_does_not_go_on(tenant: UUID, other_tenant: UUID) -> None:
    made = {}
    for owner in (tenant, other_tenant):
        with db.transaction(owner) as session:
            made[owner] = a_mission(session, owner).id
            moves.walk(session, owner, made[owner], MissionState.QUEUED, MissionState.EXECUTING)
    with db.transaction(tenant) as session:
        ended = a_mission(session, tenant).id
        moves.move(session, tenant, ended, MissionState.QUEUED, MissionState.CANCELLED)
        sending.stop(session, tenant, actor="a test")
    with db.transaction(tenant) as session:
        stopped = queries.get(session, made[tenant]).reason
        assert stopped is not None
        assert (stopped.code, bool(stopped.action)) == ("sending_stopped", True)
        assert {one.id: one.reason for one in queries.page(session).items} == {made[tenant]: stopped, ended: None}
    with db.transaction(other_tenant) as session:
        assert queries.get(session, made[other_tenant]).reason is None
    with db.transaction(tenant) as session:
        sending.release(session, tenant, actor="a test")
    with db.transaction(tenant) as session:
        assert queries.get(session, made[tenant]).reason is None


def test_another_tenants_mission_is_not_found(tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(other_tenant) as session:
        theirs = a_full_mission(session, other_tenant, 1).id
    with db.transaction(tenant) as session:
        assert queries.page(session).items == []
        for read in (queries.get, queries.log, results.outcomes, results.messages):
            with pytest.raises(NotFoundError):
                read(session, theirs)


def test_the_overview_counts_this_tenants_things_only(tenant: UUID, other_tenant: UUID) -> None:
    for owner in (tenant, other_tenant):
        with db.transaction(owner) as session:
            mission = a_mission(session, owner)
            an_outcome(session, mission, a_lead(session, owner), state="sent")
            insert = text(
                "INSERT INTO events (tenant_id, seq, type, payload, at)"
                " VALUES (:t, :n, 'message.sent', :p, now() - make_interval(days => :days))"
            )
            for number, days in enumerate((0, 2)):
                known = {"t": owner, "n": number + 1, "p": '{"count": 7}', "days": days}
                session.execute(insert, known)
    with db.transaction(tenant) as session:
        seen = queries.overview(session)
    assert (seen.leads, seen.messages.total, seen.messages.sent_today) == (1, 1, 7)
    assert {state: n for state, n in seen.missions.items() if n} == {"queued": 1}
    assert set(seen.missions) == set(MissionState)


def test_events_are_read_in_order_and_for_one_mission(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        first, second = a_mission(session, tenant), a_mission(session, tenant)
        for mission in (first, second, first):
            moves.bus.publish(session, tenant, moves.MissionMoved(mission.id, "queued", "assigned"))
    with db.transaction(tenant) as session:
        assert [one.seq for one in history.events(session, 1, 10)] == [2, 3]
        assert [one.seq for one in history.events(session, 0, 10, first.id)] == [1, 3]
        assert history.last_seq(session) == 3


@pytest.mark.parametrize(
    ("state", "paused", "awaits", "expected"),
    [
        ("queued", False, False, ["cancel", "pause"]),
        ("executing", True, False, ["cancel", "resume"]),
        ("executing", False, True, ["cancel", "pause", "approve"]),
        ("failed", False, False, ["cancel", "retry"]),
        ("completed", False, False, []),
        ("cancelled", False, True, []),
    ],
)
def test_only_what_works_is_offered(state: str, *, paused: bool, awaits: bool, expected: list[str]) -> None:
    assert actions(MissionState(state), paused=paused, awaits_approval=awaits) == [Action(one) for one in expected]


def test_what_is_left_is_guessed_only_when_enough_is_done() -> None:
    assert remaining_seconds(0.01, 10) is None
    assert remaining_seconds(0.25, 10) == 30
