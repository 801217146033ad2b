"""One round of the engine: places to waiting missions, their first steps opened, the queues topped up."""

from uuid import UUID

from rex_celery import config, db
from rex_celery.allocation import slots
from rex_celery.decisions.states import MissionState
from rex_celery.missions import advance, dispatch, moves


def run_round() -> int:
    """Do all that can be done now; returns how many pieces of work were sent. Any number may run side by side."""
    dispatch.begin_top_up()
    for tenant_id, mission_id in _assign():
        open_steps(tenant_id, mission_id)
    return dispatch.top_up()


def open_steps(tenant_id: UUID, mission_id: UUID) -> None:
    """Open the steps that may begin, in a transaction of their mission's tenant."""
    with db.transaction(tenant_id) as session:
        advance.advance(session, tenant_id, mission_id)


def _assign() -> list[tuple[UUID, UUID]]:
    with db.control() as session:
        slots.release(session)
        chosen = slots.assign(session, config.settings().crew_slots)
        for tenant_id, mission_id in chosen:
            moves.move(session, tenant_id, mission_id, MissionState.QUEUED, MissionState.ASSIGNED)
    return chosen
