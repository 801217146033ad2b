"""Work that went wrong: waited out, set aside with its leads named, or handed to a person."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import db
from rex_celery.decisions.rules import ErrorDecision, Remedy, Trouble, on_error
from rex_celery.missions import finish, moves
from rex_celery.missions.leases import Job
from rex_celery.work import WorkRef

_HELD = text("""
SELECT c.attempt, c.rounds, c.losses, s.key, s.agent
FROM chunks AS c JOIN steps AS s ON s.id = c.step_id JOIN missions AS m ON m.id = s.mission_id
WHERE c.step_id = :step AND c.no = :no AND m.epoch = :epoch AND (
  (c.attempt = CAST(:attempt AS int) AND c.state IN ('running', 'queued'))
  OR (CAST(:attempt AS int) IS NULL AND (c.state = 'queued' OR (c.state = 'running' AND c.lease_until < now()))))
FOR UPDATE OF c
""")
_HOLD = text("""
UPDATE chunks SET state = 'waiting', rounds = rounds + 1, lease_until = NULL, error = :error,
  run_after = now() + make_interval(secs => :wait) WHERE step_id = :step AND no = :no
""")
_BACK = text("UPDATE chunks SET state = 'ready', rounds = 0, lease_until = NULL WHERE step_id = :step AND no = :no")
_SET_ASIDE = text(
    "UPDATE chunks SET state = 'quarantined', lease_until = NULL, finished_at = now(), error = :error"
    " WHERE step_id = :step AND no = :no"
)
_FAIL_MESSAGES = text("""
UPDATE messages SET state = 'failed', reason = :reason
WHERE mission_id = :mission AND chunk_no = :no AND state = 'planned' AND enrolment_id IS NULL
""")
_FAIL_LEADS = text("""
UPDATE outcomes SET state = 'failed', reason = :reason
WHERE mission_id = :mission AND chunk_no = :no AND state = 'pending'
""")


def report(ref: WorkRef, trouble: Trouble, error: str, attempt: int | None = None) -> Remedy | None:
    """Decide what becomes of work in trouble, and do it; None when somebody else has taken it over meanwhile.

    ``attempt`` is the claim that got into trouble, None for work that nobody holds.
    """
    with db.transaction(ref.tenant_id) as session:
        values = {"step": ref.step_id, "no": ref.chunk_no, "epoch": ref.epoch, "attempt": attempt}
        held = session.execute(_HELD, values).one_or_none()
        if held is None:
            return None
        borne = held.losses if trouble is Trouble.WORKER_LOST else held.rounds
        decision = on_error(trouble, borne)
        job = Job(ref, held.key, held.agent, held.attempt, borne, {}, already_done=False)
        _apply(session, job, decision, trouble, error)
        verdict = ("rules", decision.rule, str(decision.remedy))
        moves.decided(session, ref.tenant_id, ref.mission_id, verdict, f"{trouble}: {error}"[:500])
    return decision.remedy


def _apply(session: Session, job: Job, decision: ErrorDecision, trouble: Trouble, error: str) -> None:
    place = {"step": job.ref.step_id, "no": job.ref.chunk_no}
    wait = decision.wait.total_seconds()
    match decision.remedy:
        case Remedy.WAIT:
            session.execute(_HOLD, {**place, "error": error, "wait": wait})
            finish.log(session, job, "retry", error, {"round": job.rounds + 1, "wait": wait})
        case Remedy.QUARANTINE:
            set_aside(session, job, trouble, error)
        case Remedy.ESCALATE:
            session.execute(_BACK, place)
            finish.log(session, job, "escalated", error, {})
            moves.escalate(session, job.tenant_id, job.mission_id, str(trouble))


def set_aside(session: Session, job: Job, trouble: Trouble, error: str) -> None:
    """Give up on a piece of work: its pending leads fail with a reason, the rest of the mission goes on."""
    place = {"step": job.ref.step_id, "no": job.ref.chunk_no}
    leads = {"mission": job.mission_id, "no": job.ref.chunk_no, "reason": str(trouble)}
    session.execute(_SET_ASIDE, {**place, "error": error})
    session.execute(_FAIL_MESSAGES, leads)
    session.execute(_FAIL_LEADS, leads)
    finish.fail(session, job, error)
