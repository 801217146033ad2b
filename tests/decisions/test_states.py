"""The table of legal moves, and that the database refuses every other."""

from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from rex_celery import db
from rex_celery.decisions.states import ACTIVE, FINAL, PHASES, MissionState, all_moves, legal_moves
from tests.factories import a_mission

S = MissionState
ILLEGAL = sorted({(before, after) for before in S for after in S} - all_moves())
# The shortest way of a new mission to each state.
WAYS = {
    S.QUEUED: (),
    S.ASSIGNED: (S.ASSIGNED,),
    S.EXECUTING: (S.ASSIGNED, S.EXECUTING),
    S.COLLECTING: (S.ASSIGNED, S.EXECUTING, S.COLLECTING),
    S.ANALYZING: (S.ASSIGNED, S.EXECUTING, S.COLLECTING, S.ANALYZING),
    S.OPTIMIZING: (S.ASSIGNED, S.EXECUTING, S.COLLECTING, S.ANALYZING, S.OPTIMIZING),
    S.COMPLETED: (S.ASSIGNED, S.EXECUTING, S.COLLECTING, S.ANALYZING, S.COMPLETED),
    S.FAILED: (S.ASSIGNED, S.FAILED),
    S.ESCALATED: (S.ASSIGNED, S.ESCALATED),
    S.CANCELLED: (S.CANCELLED,),
}
MOVE = text("UPDATE missions SET state = :after WHERE id = :mission")


def test_a_mission_can_fail_or_be_escalated_from_every_active_state_only() -> None:
    for end in (S.FAILED, S.ESCALATED):
        sources = {before for before, after in all_moves() if after is end}
        assert sources - {S.FAILED, S.ESCALATED} == set(ACTIVE)


def test_a_mission_can_be_cancelled_unless_it_is_final() -> None:
    assert {before for before in S if S.CANCELLED in legal_moves(before)} == set(S) - set(FINAL)


def test_nothing_leaves_a_final_state() -> None:
    assert not any(legal_moves(state) for state in FINAL)


def test_a_failed_mission_can_be_queued_again() -> None:
    assert S.QUEUED in legal_moves(S.FAILED)


def test_analyzing_may_skip_optimizing() -> None:
    assert {S.OPTIMIZING, S.COMPLETED} <= set(legal_moves(S.ANALYZING))


def test_the_phases_follow_each_other_by_legal_moves() -> None:
    line = (S.QUEUED, S.ASSIGNED, *PHASES, S.COMPLETED)

    assert all(after in legal_moves(before) for before, after in pairwise(line))


@pytest.mark.parametrize(("before", "after"), sorted(all_moves()))
def test_the_database_allows_a_legal_move(tenant: UUID, before: MissionState, after: MissionState) -> None:
    with db.transaction(tenant) as session:
        mission = a_mission(session, tenant)
        for state in (*WAYS[before], after):
            session.execute(MOVE, {"after": state, "mission": mission.id})
        stored = session.execute(text("SELECT state FROM missions WHERE id = :id"), {"id": mission.id}).scalar_one()

    assert stored == after


@pytest.mark.parametrize(("before", "after"), ILLEGAL)
def test_the_database_refuses_an_illegal_move(tenant: UUID, before: MissionState, after: MissionState) -> None:
    with db.transaction(tenant) as session:
        mission = a_mission(session, tenant).id
        for state in WAYS[before]:
            session.execute(MOVE, {"after": state, "mission": mission})

    with pytest.raises(IntegrityError, match=f"illegal mission move from {before} to {after}"):
        _move(tenant, mission, after)


@pytest.mark.parametrize("state", sorted(set(S) - {S.QUEUED}))
def test_the_database_refuses_a_mission_that_does_not_begin_as_queued(tenant: UUID, state: MissionState) -> None:
    with pytest.raises(IntegrityError, match="a mission begins as queued"):
        _begin(tenant, state)


def _move(tenant: UUID, mission: UUID, after: MissionState) -> None:
    with db.transaction(tenant) as session:
        session.execute(MOVE, {"after": after, "mission": mission})


def _begin(tenant: UUID, state: MissionState) -> None:
    with db.transaction(tenant) as session:
        a_mission(session, tenant, state=state)
