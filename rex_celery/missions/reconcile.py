"""The sweeper: whatever was lost on the way is found in the rows and set going again."""

from dataclasses import dataclass

import redis.exceptions
from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import config, crews, db
from rex_celery.decisions.rules import STANDARD, Trouble
from rex_celery.decisions.states import MissionState
from rex_celery.missions import apart, collect, engine, moves, settle, trouble
from rex_celery.missions.apart import Apart, unguarded
from rex_celery.monitoring import queues
from rex_celery.redis import BOOT_KEY, client
from rex_celery.work import WorkRef

# A message that is in no queue and in no worker's hands for this long is gone; one behind others in a queue may wait.
LOST_AFTER_SECONDS = 5
LOST_IN_QUEUE_SECONDS = 600
AGED_HOURS, BOOST = 24, 20
STALLS_BORNE = 3

_REQUEUE_ALL = text("UPDATE chunks SET state = 'ready' WHERE state = 'queued'")
_REQUEUE = text("""
WITH found AS MATERIALIZED (
  SELECT step_id, no FROM chunks WHERE crew = :crew AND state = 'queued'
    AND queued_at < now() - make_interval(secs => :patience) LIMIT 1000 FOR UPDATE SKIP LOCKED)
UPDATE chunks AS c SET state = 'ready'
FROM found AS f WHERE c.step_id = f.step_id AND c.no = f.no
""")
_EXPIRED = text("""
WITH found AS MATERIALIZED (
  SELECT step_id, no FROM chunks WHERE state = 'running' AND lease_until < now() AND losses < :borne
  LIMIT 1000 FOR UPDATE SKIP LOCKED)
UPDATE chunks AS c SET state = 'ready', losses = c.losses + 1, lease_until = NULL
FROM found AS f WHERE c.step_id = f.step_id AND c.no = f.no
""")
_POISONED = text("""
SELECT c.tenant_id, c.mission_id, c.step_id, c.no, m.epoch FROM chunks AS c JOIN missions AS m ON m.id = c.mission_id
WHERE c.state = 'running' AND c.lease_until < now() AND c.losses >= :borne LIMIT 100
""")
_DUE = text("""
WITH found AS MATERIALIZED (
  SELECT step_id, no FROM chunks WHERE state = 'waiting' AND run_after <= now() LIMIT 1000 FOR UPDATE SKIP LOCKED)
UPDATE chunks AS c SET state = 'ready', run_after = NULL
FROM found AS f WHERE c.step_id = f.step_id AND c.no = f.no
""")
_HALF_OPENED = text("""
SELECT m.tenant_id, m.id FROM missions AS m WHERE m.state = 'assigned'
   OR (m.state IN ('executing', 'collecting', 'analyzing', 'optimizing') AND NOT EXISTS (
     SELECT FROM steps AS s WHERE s.mission_id = m.id AND s.state IN ('ready', 'queued', 'running', 'waiting')))
LIMIT 100
""")
_STALLED = text("""
UPDATE missions AS m SET stalls = stalls + 1 WHERE m.state IN ('assigned', 'executing') AND m.paused_at IS NULL
  AND NOT EXISTS (SELECT FROM steps AS s WHERE s.mission_id = m.id AND s.state = 'waiting')
  AND NOT EXISTS (SELECT FROM tenants AS t WHERE t.id = m.tenant_id AND t.sending_stopped_at IS NOT NULL)
  AND greatest(m.started_at, m.boosted_at,
               (SELECT max(coalesce(s.progressed_at, s.started_at)) FROM steps AS s WHERE s.mission_id = m.id))
      < now() - make_interval(secs => :stall * (m.stalls + 1))
RETURNING m.tenant_id, m.id, m.state, m.stalls
""")
_STALLED_WORK = text(
    "UPDATE chunks SET state = 'ready', lease_until = NULL"
    " WHERE mission_id = :mission AND state IN ('queued', 'running')"
)
_BOOST = text("""
UPDATE missions SET priority = least(100, priority + :boost), boosted_at = now()
WHERE state = 'queued' AND boosted_at IS NULL AND created_at < now() - make_interval(hours => :hours)
""")
_OLD_TICKS = text("DELETE FROM ticks WHERE at < now() - interval '1 hour'")


@dataclass(frozen=True, slots=True)
class Found:
    """What one round of the sweeper set going again."""

    requeued: int
    taken_over: int
    due: int


def run_round(guard: Apart = unguarded) -> Found:
    """Look once for everything that may have been lost, and wake the engine; any number may run side by side.

    ``guard`` keeps one mission's trouble from the others.
    """
    with db.control() as session:
        requeued = _requeue(session)
        taken_over = _changed(session.execute(_EXPIRED, {"borne": STANDARD.rounds}))
        due = _changed(session.execute(_DUE))
        session.execute(_BOOST, {"boost": BOOST, "hours": AGED_HOURS})
        session.execute(_OLD_TICKS)
        poisoned = session.execute(_POISONED, {"borne": STANDARD.rounds}).all()
        half_opened = session.execute(_HALF_OPENED).all()
        _stalled(session)
        unsettled = settle.unsettled(session)
    for row in poisoned:
        ref = WorkRef(row.tenant_id, row.mission_id, row.step_id, row.no, row.epoch)
        trouble.report(ref, Trouble.WORKER_LOST, "three workers died on this piece of work")
    apart.each(half_opened, engine.open_steps, guard)
    apart.each(unsettled, settle.settle, guard)
    collect.finish_ready(guard)
    engine.run_round()
    return Found(requeued, taken_over, due)


def _requeue(session: Session) -> int:
    """Work marked as queued whose message is gone. An emptied Redis shows at once: our own key is missing."""
    try:
        if client().set(BOOT_KEY, 1, nx=True):
            return _changed(session.execute(_REQUEUE_ALL))
        lengths = queues.lengths()
    except redis.exceptions.RedisError:
        return 0  # nothing can be sent now anyway; the next round looks again
    found = 0
    for crew in crews.Crew:
        patience = LOST_IN_QUEUE_SECONDS if lengths[crews.queue_of(crew)] else LOST_AFTER_SECONDS
        found += _changed(session.execute(_REQUEUE, {"crew": str(crew), "patience": patience}))
    return found


def _stalled(session: Session) -> None:
    """Two hours without progress: the work is handed out again, and after a few times a person must look."""
    for row in session.execute(_STALLED, {"stall": config.settings().stall_seconds}).all():
        if row.stalls < STALLS_BORNE:
            session.execute(_STALLED_WORK, {"mission": row.id})
            continue
        moves.move(session, row.tenant_id, row.id, MissionState(row.state), MissionState.ESCALATED, "stalled")


def _changed(result: object) -> int:
    return result.rowcount  # type: ignore[attr-defined, no-any-return]
