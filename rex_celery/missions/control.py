"""What a person may do to a mission: cancel, pause, resume, retry, approve. Each takes effect before the next send."""

from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import broker, bus, crews, db
from rex_celery.decisions.states import ACTIVE, FINAL, MissionState, legal_moves
from rex_celery.errors import ConflictError
from rex_celery.events import MissionPaused, MissionResumed, StepFinished
from rex_celery.flow import URGENT, Call
from rex_celery.missions import advance, again, dispatch, moves, queries
from rex_celery.outreach import approvals

_LOCK = text("SELECT state, paused_at, epoch FROM missions WHERE id = :mission FOR NO KEY UPDATE")
_EPOCH = text("UPDATE missions SET epoch = epoch + 1, paused_at = NULL WHERE id = :mission")
_PAUSE = text("UPDATE missions SET paused_at = now() WHERE id = :mission")
_RESUME = text("UPDATE missions SET paused_at = NULL WHERE id = :mission")
# Their messages are read and dropped, or soon will be; a second one does no harm. Held work is taken off the queues so
# that it takes no room from other missions. Always before the mission is locked: workers lock in this order, too.
_OFF_QUEUE = text("UPDATE chunks SET state = 'ready' WHERE mission_id = :mission AND state = 'queued'")
# The time that a person held it does not count as a stall. A step that somebody works on at this moment makes progress.
_FRESH = text("""
UPDATE steps SET progressed_at = now() WHERE id IN (
  SELECT id FROM steps WHERE mission_id = :mission AND state IN ('ready', 'queued', 'running') FOR UPDATE SKIP LOCKED)
""")
_APPROVED = text("""
UPDATE steps SET state = 'done', finished_at = now(), progressed_at = now(),
  result = jsonb_build_object('approved_by', CAST(:actor AS text))
WHERE mission_id = :mission AND kind = 'approval' AND state = 'waiting' RETURNING key, agent
""")
_LOGGED = text("""
INSERT INTO agent_logs (tenant_id, mission_id, agent, kind, message)
VALUES (:tenant, :mission, 'coordinator', 'person', :message)
""")


def cancel(session: Session, tenant_id: UUID, mission_id: UUID, *, actor: str) -> None:
    """End a mission for good: every message already in a queue becomes a no-op, nothing more is sent.

    Raises:
        NotFoundError: no such mission. ConflictError: it has ended already.

    """
    session.execute(_OFF_QUEUE, {"mission": mission_id})
    mission = _locked(session, mission_id)
    moves.move(session, tenant_id, mission_id, MissionState(mission.state), MissionState.CANCELLED, "cancelled")
    session.execute(_EPOCH, {"mission": mission_id})
    _log(session, tenant_id, mission_id, f"cancelled by {actor}")
    # The leads that were still pending are settled by a task of its own: many rows, and nobody should wait for them.
    settle = Call("control.settle", (str(tenant_id), str(mission_id)), crews.CONTROL_QUEUE, URGENT)
    db.after_commit(session, lambda: broker.publish([settle]))


def pause(session: Session, tenant_id: UUID, mission_id: UUID, *, actor: str) -> None:
    """Hold a mission where it stands; read at every claim and before each send.

    Raises:
        NotFoundError: no such mission. ConflictError: it has ended, or is paused already.

    """
    session.execute(_OFF_QUEUE, {"mission": mission_id})
    mission = _locked(session, mission_id)
    _refuse_ended(mission.state)
    if mission.paused_at is not None:
        raise ConflictError("The mission is paused already.", action="Resume it to let it go on.")
    session.execute(_PAUSE, {"mission": mission_id})
    _log(session, tenant_id, mission_id, f"paused by {actor}")
    bus.publish(session, tenant_id, MissionPaused(mission_id))


def resume(session: Session, tenant_id: UUID, mission_id: UUID, *, actor: str) -> None:
    """Let a paused mission go on where it stood.

    Raises:
        NotFoundError: no such mission. ConflictError: it is not paused.

    """
    session.execute(_OFF_QUEUE, {"mission": mission_id})
    session.execute(_FRESH, {"mission": mission_id})
    mission = _locked(session, mission_id)
    if mission.paused_at is None:
        raise ConflictError("The mission is not paused.", action="There is nothing to resume.")
    session.execute(_RESUME, {"mission": mission_id})
    _log(session, tenant_id, mission_id, f"resumed by {actor}")
    bus.publish(session, tenant_id, MissionResumed(mission_id))
    dispatch.kick(session)


def retry(session: Session, tenant_id: UUID, mission_id: UUID, *, actor: str) -> None:
    """Run what a failed or escalated mission has not finished; what is done stays done, nothing is sent again.

    Raises:
        NotFoundError: no such mission. ConflictError: it is neither failed nor escalated.

    """
    again.lock_work(session, mission_id)
    mission = _locked(session, mission_id)
    state = MissionState(mission.state)
    if MissionState.QUEUED not in legal_moves(state):
        raise ConflictError(
            f"The mission is {state}. Only failed or escalated missions can be retried.",
            code="illegal_move",
            action="Submit a new mission." if state in FINAL else "Wait until it ends, or cancel it.",
        )
    moves.move(session, tenant_id, mission_id, state, MissionState.QUEUED)
    again.set_back(session, mission_id)
    _log(session, tenant_id, mission_id, f"retried by {actor}")
    dispatch.kick(session)


def approve(session: Session, tenant_id: UUID, mission_id: UUID, *, actor: str) -> None:
    """Let all messages of a mission go that wait for a person's word.

    Raises:
        NotFoundError: no such mission. ConflictError: it does not wait for an approval.

    """
    # Messages before the mission, as everywhere; what turns out to be refused is rolled back with its refusal.
    approvals.approve_mission(session, mission_id, actor)
    step = session.execute(_APPROVED, {"mission": mission_id, "actor": actor}).one_or_none()
    mission = _locked(session, mission_id)
    if step is None or MissionState(mission.state) not in ACTIVE:
        raise ConflictError("The mission does not wait for an approval.", action="See its steps for what it waits for.")
    _log(session, tenant_id, mission_id, f"approved by {actor}")
    bus.publish(session, tenant_id, StepFinished(mission_id, step.key, step.agent, "done", 1, 0))
    advance.advance(session, tenant_id, mission_id)
    dispatch.kick(session)


def _locked(session: Session, mission_id: UUID) -> Row[tuple[str, object, int]]:
    mission = session.execute(_LOCK, {"mission": mission_id}).one_or_none()
    if mission is None:
        raise queries.no_mission(mission_id)
    return mission


def _refuse_ended(state: str) -> None:
    if state in FINAL or state == MissionState.FAILED:
        raise ConflictError(f"The mission is {state}.", action="Only a mission that has not ended can be paused.")


def _log(session: Session, tenant_id: UUID, mission_id: UUID, message: str) -> None:
    session.execute(_LOGGED, {"tenant": tenant_id, "mission": mission_id, "message": message})
