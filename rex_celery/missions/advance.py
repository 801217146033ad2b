"""What follows when a step ends: open the steps that waited for it, and move the mission along its states."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import bus
from rex_celery.decisions.states import ACTIVE, MissionState
from rex_celery.events import StepFinished
from rex_celery.missions import moves
from rex_celery.missions.plan import StepKind, phase_of

_LOCK = text("SELECT state, autonomy, epoch FROM missions WHERE id = :mission FOR NO KEY UPDATE")
_UNBLOCK = text("""
UPDATE steps AS s SET state = 'ready' WHERE s.mission_id = :mission AND s.state = 'blocked' AND NOT EXISTS (
  SELECT FROM steps AS d
  WHERE d.mission_id = :mission AND s.depends_on @> to_jsonb(d.key) AND d.state NOT IN ('done', 'skipped'))
RETURNING s.id, s.key, s.kind, s.agent
""")
_OPEN_TASK = text("""
WITH opened AS (
  INSERT INTO chunks (step_id, no, tenant_id, mission_id, crew)
  SELECT id, 0, tenant_id, mission_id, crew FROM steps WHERE id = :step ON CONFLICT DO NOTHING)
UPDATE steps SET total = 1 WHERE id = :step RETURNING total
""")
_OPEN_FANOUT = text("""
WITH opened AS (
  INSERT INTO chunks (step_id, no, tenant_id, mission_id, crew, leads)
  SELECT s.id, c.chunk_no, s.tenant_id, s.mission_id, s.crew, c.pending
  FROM steps AS s JOIN outcome_counters AS c ON c.mission_id = s.mission_id
  WHERE s.id = :step AND c.pending > 0 ON CONFLICT DO NOTHING RETURNING 1)
UPDATE steps SET total = (SELECT count(*) FROM opened) WHERE id = :step RETURNING total
""")
_END = text("UPDATE steps SET state = :state, finished_at = now(), error = :note WHERE id = :step")
_WAIT = text("UPDATE steps SET state = 'waiting', started_at = now() WHERE id = :step")
_UNDECIDED = text("""
SELECT EXISTS (SELECT FROM enrolments AS e JOIN messages AS g ON g.enrolment_id = e.id
  WHERE e.mission_id = :mission AND e.state = 'active' AND g.state = 'planned' AND g.wait_reason = 'waiting_approval')
""")
_COLLECT = text("""
UPDATE steps AS s SET state = 'waiting', started_at = now(), total = e.all_of_them, done = e.all_of_them - e.active
FROM (SELECT count(*) AS all_of_them, count(*) FILTER (WHERE state = 'active') AS active
      FROM enrolments WHERE mission_id = :mission) AS e
WHERE s.id = :step AND e.active > 0 RETURNING 1
""")
_UNFINISHED = text("SELECT DISTINCT phase FROM steps WHERE mission_id = :mission AND state NOT IN ('done', 'skipped')")
_DEAD_END = text("SELECT EXISTS (SELECT FROM steps WHERE mission_id = :mission AND state = 'failed')")


@dataclass(frozen=True, slots=True)
class _Standing:
    tenant_id: UUID
    mission_id: UUID
    autonomy: str


def advance(session: Session, tenant_id: UUID, mission_id: UUID) -> bool:
    """Open whatever may begin now; True when the mission came to its end. Harmless at any time, any number of times."""
    mission = session.execute(_LOCK, {"mission": mission_id}).one()
    if MissionState(mission.state) not in ACTIVE:
        return False
    standing = _Standing(tenant_id, mission_id, mission.autonomy)
    while opened := session.execute(_UNBLOCK, {"mission": mission_id}).all():
        empty = [step for step in opened if _open(session, standing, step)]
        if not empty:
            break
    if session.execute(_DEAD_END, {"mission": mission_id}).scalar_one():
        before = MissionState(mission.state)
        moves.move(session, tenant_id, mission_id, before, MissionState.ESCALATED, "step_failed")
        return False
    phase = phase_of({MissionState(one) for one in session.scalars(_UNFINISHED, {"mission": mission_id})})
    moves.walk(session, tenant_id, mission_id, MissionState(mission.state), phase)
    return phase is MissionState.COMPLETED


def _open(session: Session, standing: _Standing, step: Row[tuple[UUID, str, str, str]]) -> bool:
    """Begin a step; True when there was nothing to do in it, so that its followers may begin at once."""
    match step.kind:
        case StepKind.APPROVAL:
            return _open_approval(session, standing, step)
        case StepKind.WAIT:
            return _open_wait(session, standing, step)
        case StepKind.TASK:
            session.execute(_OPEN_TASK, {"step": step.id})
            return False
    if session.execute(_OPEN_FANOUT, {"step": step.id}).scalar_one():
        return False
    _skip(session, standing, step, "no lead was left for it")
    return True


def _open_approval(session: Session, standing: _Standing, step: Row[tuple[UUID, str, str, str]]) -> bool:
    if session.execute(_UNDECIDED, {"mission": standing.mission_id}).scalar_one():
        session.execute(_WAIT, {"step": step.id})
        return False
    auto = "autonomy is auto" if standing.autonomy == "auto" else "nothing of it leaves this machine, or all is decided"
    _skip(session, standing, step, auto)
    return True


def _open_wait(session: Session, standing: _Standing, step: Row[tuple[UUID, str, str, str]]) -> bool:
    values = {"mission": standing.mission_id, "step": step.id}
    if session.execute(_COLLECT, values).scalar():
        return False
    _skip(session, standing, step, "nobody is on their way through a sequence")
    return True


def _skip(session: Session, standing: _Standing, step: Row[tuple[UUID, str, str, str]], note: str) -> None:
    session.execute(_END, {"step": step.id, "state": "skipped", "note": note})
    bus.publish(session, standing.tenant_id, StepFinished(standing.mission_id, step.key, step.agent, "skipped", 0, 0))
