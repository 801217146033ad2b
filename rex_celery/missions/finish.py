"""Ending a piece of work, in the transaction that stores what it came to: fenced, counted, told, and followed up."""

import json
from dataclasses import dataclass

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
_LOG_LINE = """
INSERT INTO agent_logs (tenant_id, mission_id, agent, kind, message, details)
VALUES (:tenant, :mission, :agent, :kind, :message, CAST(:details AS jsonb))
"""
_LOG = text(_LOG_LINE)
_UNDONE = text("UPDATE chunks SET state = 'failed' WHERE step_id = :step AND no = :no")
# The run, its line in the log and the step's count, in one statement as they come with every piece of work.
# Progress is told at most four times a second for each step, and always at its end.
_END = text(f"""
WITH run AS (
  INSERT INTO agent_runs
    (tenant_id, key, agent, mission_id, step_id, chunk_no, attempt, succeeded, leads, seconds, error)
  VALUES (:tenant, :key, :agent, :mission, :step, :no, :attempt, :succeeded, :leads, :seconds, :error)
  ON CONFLICT DO NOTHING
), line AS ({_LOG_LINE})
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

_Step = Row[tuple[str, str, int, int, int, bool]]
_Line = tuple[str, str, dict[str, object]]


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
    line: _Line = ("completed", f"{report.leads} leads", {"seconds": round(seconds, 3)})
    step = _end(session, job, _Ending(report.leads, seconds, result=report.result), line)
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
    step = _end(session, job, _Ending(error=error), ("failed", error, {"attempt": job.attempt}))
    bus.publish(session, job.tenant_id, AgentFailed(job.mission_id, job.agent, error))
    return _follow(session, job, step)


def log(session: Session, job: Job, kind: str, message: str, details: dict[str, object]) -> None:
    """One line of the mission's log."""
    session.execute(_LOG, {"tenant": job.tenant_id, "mission": job.mission_id, **_line(job, (kind, message, details))})


@dataclass(frozen=True, slots=True)
class _Ending:
    leads: int = 0
    seconds: float = 0.0
    error: str | None = None
    result: dict[str, object] | None = None


def _line(job: Job, line: _Line) -> dict[str, object]:
    kind, message, details = line
    told = json.dumps({"step": job.step_key, "chunk": job.ref.chunk_no, **details})
    return {"agent": job.agent, "kind": kind, "message": message, "details": told}


def _end(session: Session, job: Job, ending: _Ending, line: _Line) -> _Step:
    failed = ending.error is not None
    values = {
        "tenant": job.tenant_id,
        "key": key_of(job.ref, f"{job.agent} failed {job.attempt}" if failed else job.agent),
        "mission": job.mission_id,
        "step": job.ref.step_id,
        "no": job.ref.chunk_no,
        "attempt": job.attempt,
        "succeeded": not failed,
        "leads": ending.leads,
        "seconds": ending.seconds,
        "error": ending.error,
        "done": int(not failed),
        "failed": int(failed),
        "result": None if ending.result is None else json.dumps(ending.result),
    }
    return session.execute(_END, {**values, **_line(job, line)}).one()


def _follow(session: Session, job: Job, step: _Step) -> bool:
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
