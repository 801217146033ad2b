"""Ending a piece of work, in the transaction that stores what it came to: fenced, counted, told, and followed up."""

import json

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import bus
from rex_celery.events import AgentCompleted, AgentFailed, MissionProgressed, StepFinished
from rex_celery.missions import advance, moves
from rex_celery.missions.leases import Job, key_of
from rex_celery.work import Report

_FENCE = text("""
UPDATE chunks AS c SET state = :state, lease_until = NULL, finished_at = now(), error = :error
FROM missions AS m WHERE m.id = c.mission_id AND m.epoch = :epoch
  AND c.step_id = :step AND c.no = :no AND c.attempt = :attempt AND c.state = 'running' RETURNING 1
""")
# Progress is told at most four times a second for each step, and always at its end.
_COUNT = text("""
UPDATE steps SET done = done + :done, failed = failed + :failed, progressed_at = now(),
  error = coalesce(:error, error),
  announced_at = CASE WHEN announced_at IS NULL OR announced_at < now() - interval '250 milliseconds'
    OR done + failed + 1 >= total THEN now() ELSE announced_at END,
  state = CASE WHEN done + failed + 1 >= total THEN
    CASE WHEN done + :done = 0 AND total > 0 THEN 'failed' ELSE 'done' END ELSE state END,
  finished_at = CASE WHEN done + failed + 1 >= total THEN now() END,
  result = coalesce(CAST(:result AS jsonb), result)
WHERE id = :step
RETURNING state, key, done, failed, total, announced_at = now() AS announced
""")
_UNDONE = text("UPDATE chunks SET state = 'failed' WHERE step_id = :step AND no = :no")
_RUN = text("""
INSERT INTO agent_runs
  (tenant_id, key, agent, mission_id, step_id, chunk_no, attempt, succeeded, leads, seconds, error)
VALUES (:tenant, :key, :agent, :mission, :step, :no, :attempt, :succeeded, :leads, :seconds, :error)
ON CONFLICT DO NOTHING
""")
_LOG = text("""
INSERT INTO agent_logs (tenant_id, mission_id, agent, kind, message, details)
VALUES (:tenant, :mission, :agent, :kind, :message, CAST(:details AS jsonb))
""")


class FencedError(Exception):
    """The work was taken over or its mission cancelled meanwhile; nothing of it may be stored."""


def fence(session: Session, job: Job, *, state: str = "done", error: str | None = None) -> None:
    """Close the piece of work, first thing in its last transaction.

    Raises:
        FencedError: it is not ours any more; roll everything back.

    """
    values = {"step": job.ref.step_id, "no": job.ref.chunk_no, "attempt": job.attempt, "epoch": job.ref.epoch}
    if session.execute(_FENCE, {**values, "state": state, "error": error}).scalar() is None:
        raise FencedError


def complete(session: Session, job: Job, report: Report, seconds: float) -> bool:
    """Store that the work was done and open what follows; True when this was the last piece of its step."""
    _record_run(session, job, report.leads, seconds, None)
    log(session, job, "completed", f"{report.leads} leads", {"seconds": round(seconds, 3)})
    step = _count(session, job, failed=False, result=report.result)
    if step.announced:
        bus.publish(session, job.tenant_id, AgentCompleted(job.mission_id, job.agent, report.leads, seconds))
    return _follow(session, job, step)


def dead_end(session: Session, job: Job, reason: str) -> bool:
    """Store that the mission cannot go on from here; a retry begins this piece of work anew."""
    session.execute(_UNDONE, {"step": job.ref.step_id, "no": job.ref.chunk_no})
    moves.give_up(session, job.tenant_id, job.mission_id, reason)
    return fail(session, job, reason)


def fail(session: Session, job: Job, error: str) -> bool:
    """Store that the work failed for good; the step goes on without it. True when this was its last piece."""
    _record_run(session, job, 0, 0.0, error)
    log(session, job, "failed", error, {"attempt": job.attempt})
    bus.publish(session, job.tenant_id, AgentFailed(job.mission_id, job.agent, error))
    return _follow(session, job, _count(session, job, failed=True, error=error))


def log(session: Session, job: Job, kind: str, message: str, details: dict[str, object]) -> None:
    """One line of the mission's log."""
    values = {"tenant": job.tenant_id, "mission": job.mission_id, "agent": job.agent, "kind": kind}
    details = {"step": job.step_key, "chunk": job.ref.chunk_no, **details}
    session.execute(_LOG, {**values, "message": message, "details": json.dumps(details)})


def _record_run(session: Session, job: Job, leads: int, seconds: float, error: str | None) -> None:
    key = key_of(job.ref, job.agent if error is None else f"{job.agent} failed {job.attempt}")
    session.execute(
        _RUN,
        {
            "tenant": job.tenant_id,
            "key": key,
            "agent": job.agent,
            "mission": job.mission_id,
            "step": job.ref.step_id,
            "no": job.ref.chunk_no,
            "attempt": job.attempt,
            "succeeded": error is None,
            "leads": leads,
            "seconds": seconds,
            "error": error,
        },
    )


def _count(
    session: Session, job: Job, *, failed: bool, error: str | None = None, result: dict[str, object] | None = None
) -> Row[tuple[str, str, int, int, int, bool]]:
    values = {"step": job.ref.step_id, "done": int(not failed), "failed": int(failed), "error": error}
    return session.execute(_COUNT, {**values, "result": None if result is None else json.dumps(result)}).one()


def _follow(session: Session, job: Job, step: Row[tuple[str, str, int, int, int, bool]]) -> bool:
    tenant_id, mission_id = job.tenant_id, job.mission_id
    ended = step.state in {"done", "failed"}
    if ended:
        event = StepFinished(mission_id, step.key, job.agent, step.state, step.done, step.failed)
        bus.publish(session, tenant_id, event)
        advance.advance(session, tenant_id, mission_id)
    if step.announced:
        counts, progress = moves.counts(session, mission_id)
        bus.publish(session, tenant_id, MissionProgressed(mission_id, progress, counts))
    return ended
