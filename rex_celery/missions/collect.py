"""While messages go out over days: a mission waits until all is decided and nobody is on their way any more."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import bus, db
from rex_celery.events import MissionProgressed, StepFinished
from rex_celery.missions import advance, apart, dispatch, moves
from rex_celery.missions.apart import Apart, unguarded

_ACTIVE = "(SELECT count(*) FROM enrolments AS e WHERE e.mission_id = s.mission_id AND e.state = 'active')"
_UNDECIDED = """EXISTS (SELECT FROM enrolments AS e JOIN messages AS g ON g.enrolment_id = e.id
  WHERE e.mission_id = s.mission_id AND e.state = 'active' AND g.state = 'planned'
    AND g.wait_reason = 'waiting_approval')"""
_WAITING = "s.state = 'waiting' AND s.phase = 'collecting'"
# Across tenants by ids and states only; what has become of it is looked at in the tenant's own transaction.
_MOVED = text(f"""
SELECT DISTINCT s.tenant_id, s.mission_id FROM steps AS s JOIN missions AS m ON m.id = s.mission_id
WHERE {_WAITING} AND m.paused_at IS NULL AND m.state IN ('executing', 'collecting')
  AND CASE s.kind WHEN 'wait' THEN s.done <> s.total - {_ACTIVE}
                  WHEN 'approval' THEN NOT {_UNDECIDED} ELSE false END
LIMIT 200
""")
# One statement decides: whoever changes the row goes on, everyone else finds it changed.
_END = text(f"""
UPDATE steps AS s SET state = 'done', finished_at = now(), progressed_at = now(), done = s.total
WHERE s.mission_id = :mission AND {_WAITING}
  AND CASE s.kind WHEN 'wait' THEN {_ACTIVE} = 0 WHEN 'approval' THEN NOT {_UNDECIDED} ELSE false END
RETURNING s.key, s.agent, s.total
""")
_COUNT = text(f"""
UPDATE steps AS s SET done = s.total - {_ACTIVE}, progressed_at = now()
WHERE s.mission_id = :mission AND {_WAITING} AND s.kind = 'wait' AND s.done <> s.total - {_ACTIVE} RETURNING 1
""")


def finish_ready(guard: Apart = unguarded) -> int:
    """Move on every mission that has waited for something that has happened; returns how many. Harmless at any time."""
    with db.control() as session:
        moved = session.execute(_MOVED).all()
    apart.each(moved, _look, guard)
    return len(moved)


def _look(tenant_id: UUID, mission_id: UUID) -> None:
    with db.transaction(tenant_id) as session:
        look(session, tenant_id, mission_id)


def look(session: Session, tenant_id: UUID, mission_id: UUID) -> None:
    """End what this mission waits for no longer, and open what follows."""
    counted = session.execute(_COUNT, {"mission": mission_id}).first()
    ended = session.execute(_END, {"mission": mission_id}).all()
    for step in ended:
        bus.publish(session, tenant_id, StepFinished(mission_id, step.key, step.agent, "done", step.total, 0))
    if ended:
        advance.advance(session, tenant_id, mission_id)
        dispatch.kick(session)
    if ended or counted:
        counts, progress = moves.counts(session, mission_id)
        bus.publish(session, tenant_id, MissionProgressed(mission_id, progress, counts))
