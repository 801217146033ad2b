"""Claiming a piece of work, keeping it, and proving at the end that it is still ours."""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import bus, config, db
from rex_celery.events import StepStarted
from rex_celery.work import WorkRef

# A piece of work may be claimed when it waits in a queue, or when its last holder let the lease run out. Whoever finds
# no row here holds an old or doubled message, and returns: that is what makes redelivery harmless.
_CLAIM = text("""
UPDATE chunks AS c SET state = 'running', attempt = c.attempt + 1, started_at = coalesce(c.started_at, now()),
  lease_until = now() + make_interval(secs => :lease)
FROM steps AS s, missions AS m
WHERE c.step_id = :step AND c.no = :no AND s.id = c.step_id AND m.id = s.mission_id AND m.epoch = :epoch
  AND m.paused_at IS NULL AND m.state IN ('executing', 'collecting', 'analyzing', 'optimizing')
  AND (c.state = 'queued' OR (c.state = 'running' AND c.lease_until < now()))
RETURNING c.attempt, c.rounds, s.key, s.agent, s.state AS step_state, m.params, m.epoch,
  EXISTS (SELECT FROM agent_runs AS r WHERE r.tenant_id = c.tenant_id AND r.key = :key) AS already,
  -- A claim that Postgres forgets in a crash is fenced out at its end and done again, so nobody waits for its disk. The
  -- first claim of a step tells an event, and what was told may not be forgotten.
  CASE WHEN s.state = 'running' THEN set_config('synchronous_commit', 'off', true) END
""")
_START = text("""
WITH started AS (
  UPDATE steps SET state = 'running', started_at = coalesce(started_at, now())
  WHERE id = :step AND state IN ('ready', 'queued') RETURNING *)
INSERT INTO agent_logs (tenant_id, mission_id, agent, kind, message, details)
SELECT tenant_id, mission_id, agent, 'started', key, jsonb_build_object('step', key, 'chunks', total) FROM started
RETURNING 1
""")
_RENEW = text("""
UPDATE chunks AS c SET lease_until = now() + make_interval(secs => :lease)
FROM missions AS m WHERE m.id = c.mission_id AND m.epoch = :epoch AND m.paused_at IS NULL
  AND c.step_id = :step AND c.no = :no AND c.attempt = :attempt AND c.state = 'running' RETURNING 1
""")
_GIVE_BACK = text("""
UPDATE chunks SET state = :state, lease_until = NULL, queued_at = now()
WHERE step_id = :step AND no = :no AND attempt = :attempt AND state = 'running'
""")


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed piece of work. ``attempt`` is the fencing token, ``params`` what the mission was ordered with."""

    ref: WorkRef
    step_key: str
    agent: str
    attempt: int
    rounds: int
    params: dict[str, Any]
    already_done: bool

    @property
    def tenant_id(self) -> UUID:
        """The tenant this work is for."""
        return self.ref.tenant_id

    @property
    def mission_id(self) -> UUID:
        """The mission this work belongs to."""
        return self.ref.mission_id

    def keep(self) -> bool:
        """Renew the lease; False when the work is no longer ours, or its mission was paused or cancelled: stop then."""
        with db.transaction(self.tenant_id) as session:
            values = {**_place(self.ref), "epoch": self.ref.epoch, "attempt": self.attempt}
            return bool(session.execute(_RENEW, {**values, "lease": config.settings().lease_seconds}).scalar())


def key_of(ref: WorkRef, agent: str) -> bytes:
    """SHA-256 of tenant, agent, mission, step and input: work with a stored key is never repeated."""
    words = "|".join((str(ref.tenant_id), agent, str(ref.mission_id), str(ref.step_id), str(ref.chunk_no)))
    return hashlib.sha256(words.encode()).digest()


def claim(session: Session, ref: WorkRef, agent: str) -> Job | None:
    """Take this piece of work for the length of a lease, or None when it is not to be had."""
    values = {**_place(ref), "epoch": ref.epoch, "lease": config.settings().lease_seconds, "key": key_of(ref, agent)}
    row = session.execute(_CLAIM, values).one_or_none()
    if row is None:
        return None
    if row.step_state != "running" and session.execute(_START, {"step": ref.step_id}).scalar():
        bus.publish(session, ref.tenant_id, StepStarted(ref.mission_id, row.key, row.agent))
    return Job(ref, row.key, row.agent, row.attempt, row.rounds, row.params, row.already)


def give_back(job: Job, *, state: str) -> None:
    """Let go of unfinished work: ``ready`` to be sent again, or ``queued`` for a message that is already on its way."""
    with db.transaction(job.tenant_id) as session:
        session.execute(_GIVE_BACK, {**_place(job.ref), "attempt": job.attempt, "state": state})


def _place(ref: WorkRef) -> dict[str, object]:
    return {"step": ref.step_id, "no": ref.chunk_no}
