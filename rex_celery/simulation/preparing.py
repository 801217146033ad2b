"""The mission of a simulation up to its first due message: the agents' own work, done here instead of by workers."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.agents.analytics import Analytics
from rex_celery.agents.compliance import Compliance
from rex_celery.agents.data_steward import DataSteward
from rex_celery.agents.outreach import Outreach
from rex_celery.agents.personalizer import Personalizer
from rex_celery.agents.quality_control import QualityControl
from rex_celery.agents.reviver import Reviver
from rex_celery.decisions.states import MissionState
from rex_celery.missions import advance, launch, moves, perform
from rex_celery.missions.orders import Autonomy, MissionType, Order, Sender
from rex_celery.simulation import people, stage
from rex_celery.simulation.asked import Asked
from rex_celery.work import WorkRef

_AGENTS: dict[str, Callable[[], perform.Agent[Any, Any]]] = {
    "data_steward": DataSteward,
    "reviver": Reviver,
    "personalizer": Personalizer,
    "compliance": Compliance,
    "quality_control": QualityControl,
    "outreach": Outreach,
    "analytics": Analytics,
}

_SENDER = text("SELECT sender_name, sender_email, postal_address, offer FROM tenants WHERE id = :id")
_LIST = text("INSERT INTO imports (id, tenant_id, filename, state) VALUES (:id, :tenant, 'simulation', 'done')")
_MEMBERS = text("INSERT INTO import_members (tenant_id, import_id, lead_id) SELECT :tenant, :list, id FROM leads")
_READY = text("""
UPDATE chunks AS c SET state = 'queued', queued_at = now() FROM steps AS s, missions AS m
WHERE c.mission_id = :mission AND c.state = 'ready' AND s.id = c.step_id AND m.id = c.mission_id
RETURNING c.step_id, c.no, s.agent, m.epoch
""")


def order(tenant_id: UUID, asked: Asked) -> UUID:
    """Submit the mission over everybody in the throw-away tenant; returns its id."""
    with db.transaction(tenant_id) as session:
        if asked.import_id is None:
            made = list(people.made_up(asked.leads, asked.seed, clock.now().date()))
            stage.store(session, tenant_id, "leads", [one | {"created_at": "now", "updated_at": "now"} for one in made])
        own, everybody = session.execute(_SENDER, {"id": tenant_id}).one(), uuid4()
        session.execute(_LIST, {"id": everybody, "tenant": tenant_id})
        session.execute(_MEMBERS, {"tenant": tenant_id, "list": everybody})
        wanted = Order(
            type=MissionType.LEAD_REACTIVATION,
            name="Simulation",
            sender=Sender(own.sender_name, own.sender_email, own.postal_address),
            offer=own.offer,
            autonomy=Autonomy.AUTO,
            import_id=everybody,
            sequence=asked.sequence,
        )
        [mission_id] = launch.submit(session, tenant_id, [wanted], actor="simulation")
        moves.move(session, tenant_id, mission_id, MissionState.QUEUED, MissionState.ASSIGNED)
        advance.advance(session, tenant_id, mission_id)
    return mission_id


def work_off(tenant_id: UUID, mission_id: UUID) -> None:
    """Carry out whatever the mission's plan has ready, until nothing is."""
    while True:
        with db.transaction(tenant_id) as session:
            ready = session.execute(_READY, {"mission": mission_id}).all()
        if not ready:
            return
        for row in ready:
            perform.perform(_AGENTS[row.agent](), WorkRef(tenant_id, mission_id, row.step_id, row.no, row.epoch))


def know_the_rows(tenant_id: UUID) -> None:
    """Let Postgres know how many rows there are now; it would notice by itself, but after the simulation."""
    with db.transaction(tenant_id) as session:
        session.execute(text("ANALYZE leads, outcomes, messages, enrolments"))
