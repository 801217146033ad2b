"""Places for running missions: a few for each crew, given by priority and in turn."""

from uuid import UUID

from sqlalchemy import text

from rex_celery import db
from rex_celery.allocation import slots
from tests.factories import a_mission


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
