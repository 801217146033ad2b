"""Places for running missions: a few for each crew, given by priority and in turn."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.allocation import slots
from rex_celery.models import Mission
from tests.factories import a_mission, a_step


def assigned(limit: int = 3) -> list[UUID]:
    with db.control() as session:
        slots.release(session)
        return [mission for _, mission in slots.assign(session, limit)]


def queued(tenant: UUID, count: int, **fields: object) -> list[UUID]:
    with db.transaction(tenant) as session:
        return [a_mission(session, tenant, **fields).id for _ in range(count)]


def test_a_crew_runs_three_missions_at_once(empty_engine: None, tenant: UUID) -> None:
    missions = queued(tenant, 5)
    first = assigned()
    assert len(first) == 3
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE missions SET state = 'assigned' WHERE id = ANY(:ids)"), {"ids": first})
    assert assigned() == []
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE missions SET state = 'cancelled' WHERE id = :id"), {"id": first[0]})
    (next_one,) = assigned()
    assert next_one in set(missions) - set(first)


def test_places_go_to_the_most_urgent_and_then_in_turn_to_each_tenant(
    empty_engine: None, tenant: UUID, other_tenant: UUID
) -> None:
    queued(tenant, 5)
    (theirs,) = queued(other_tenant, 1)
    (urgent,) = queued(tenant, 1, priority=95)
    chosen = assigned()
    assert urgent in chosen
    assert theirs in chosen


def test_a_place_reserved_for_a_mission_that_never_began_is_free_again(empty_engine: None, tenant: UUID) -> None:
    (mission,) = queued(tenant, 1)
    assert assigned() == [mission]
    assert assigned() == [mission]


def test_crews_do_not_take_each_others_places(empty_engine: None, tenant: UUID) -> None:
    queued(tenant, 4, crew="dead_lead")
    (other,) = queued(tenant, 1, crew="campaign")
    assert other in assigned()


def _move(tenant: UUID, mission: UUID, *states: str) -> None:
    with db.transaction(tenant) as session:
        for state in states:
            session.execute(text("UPDATE missions SET state = :s WHERE id = :id"), {"s": state, "id": mission})


HELD = {
    "paused": "UPDATE missions SET paused_at = now() WHERE id = :id",
    "waiting for a person": "UPDATE steps SET state = 'waiting' WHERE mission_id = :id",
    "stopped": "UPDATE tenants SET sending_stopped_at = now()",
}


@pytest.mark.parametrize("held", HELD.values(), ids=HELD)
def test_missions_that_are_held_do_not_hold_up_others_and_have_their_place_first_when_they_go_on(
    empty_engine: None, tenant: UUID, other_tenant: UUID, held: str
) -> None:
    mine = queued(tenant, 3)
    assert set(assigned()) == set(mine)
    for mission in mine:
        _move(tenant, mission, "assigned", "executing")
        with db.transaction(tenant) as session:
            a_step(session, session.get_one(Mission, mission), agent="outreach")
            session.execute(text(held), {"id": mission} if ":id" in held else {})
    theirs = queued(other_tenant, 4)
    first = assigned()
    assert len(first) == 3
    assert set(first) < set(theirs)
    for mission in first:
        _move(other_tenant, mission, "assigned")
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE missions SET paused_at = NULL"))
        session.execute(text("UPDATE steps SET state = 'ready'"))
        session.execute(text("UPDATE tenants SET sending_stopped_at = NULL"))
    for mission in first:
        _move(other_tenant, mission, "cancelled")
    assert assigned() == []
    for mission in mine:
        _move(tenant, mission, "cancelled")
    assert set(assigned()) == set(theirs) - set(first)


def test_an_engine_that_looks_while_another_gives_out_a_place_does_not_free_it_again(
    empty_engine: None, tenant: UUID
) -> None:
    (old,) = queued(tenant, 1)
    assigned(1)
    _move(tenant, old, "cancelled")
    (new,) = queued(tenant, 1)

    def look() -> None:
        with db.control() as session:
            slots.release(session)

    with ThreadPoolExecutor(1) as pool:
        with db.control() as session:
            slots.release(session)
            assert [mission for _, mission in slots.assign(session, 1)] == [new]
            session.execute(text("UPDATE missions SET state = 'assigned' WHERE id = :id"), {"id": new})
            looked = pool.submit(look)
            sleep(0.2)  # the other one is waiting for this transaction now, or done
        looked.result()
    with db.control() as session:
        assert session.scalars(text("SELECT mission_id FROM crew_slots WHERE mission_id IS NOT NULL")).all() == [new]
