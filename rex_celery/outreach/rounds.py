"""Once a second: which inboxes have something due, and a task for each; what nobody moves on is found here, too."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import redis.exceptions
from sqlalchemy import text

from rex_celery import broker, clock, crews, db
from rex_celery.flow import NORMAL, Call
from rex_celery.outreach import progress, unknowns
from rex_celery.outreach.sending import Shift
from rex_celery.redis import client
from rex_celery.work import Guard

# A task that nobody has begun by then is worth nothing: the next look makes another.
TASK_EXPIRES = timedelta(seconds=30)
# Side by side for one inbox, where it keeps no gap between its messages and has this many due for each.
MOST_TASKS, PER_TASK = 8, 40
# Enrolments of a tenant that one round looks at; of a million all are looked at within half an hour.
MOST_SWEPT = 20_000

# As a claim would find them, so that no task is made that finds nothing.
_DUE = text("""
SELECT i.tenant_id, i.id, d.due FROM inboxes AS i
JOIN tenants AS t ON t.id = i.tenant_id
CROSS JOIN LATERAL (
  SELECT count(*) AS due FROM (
    (SELECT FROM messages AS m
     WHERE m.inbox_id = i.id AND m.state = 'planned' AND m.run_after <= :now AND m.enrolment_id IS NULL
       AND m.wait_reason IS DISTINCT FROM 'waiting_approval' LIMIT :most)
    UNION ALL
    (SELECT FROM missions AS s LEFT JOIN campaigns AS c ON c.id = s.campaign_id
     CROSS JOIN LATERAL (
       SELECT FROM messages AS m JOIN enrolments AS e ON e.id = m.enrolment_id
       WHERE m.inbox_id = i.id AND m.mission_id = s.id AND m.state = 'planned' AND m.run_after <= :now
         AND m.wait_reason IS DISTINCT FROM 'waiting_approval' AND m.enrolment_id IS NOT NULL
         AND e.state = 'active' AND (e.resume_at IS NULL OR e.resume_at <= :now) LIMIT :most) AS due
     WHERE (i.next_free_at IS NULL OR i.next_free_at <= :now) AND s.tenant_id = i.tenant_id
       AND s.paused_at IS NULL AND s.state IN ('executing', 'collecting') AND c.paused_at IS NULL
     LIMIT :most)) AS waiting) AS d
WHERE i.state = 'active' AND d.due > 0 AND t.sending_stopped_at IS NULL AND t.simulated_at IS NULL
""")
_TENANTS = text("""
SELECT DISTINCT e.tenant_id FROM enrolments AS e JOIN tenants AS t ON t.id = e.tenant_id
WHERE e.state = 'active' AND t.simulated_at IS NULL
UNION
SELECT DISTINCT m.tenant_id FROM messages AS m WHERE m.state IN ('claimed', 'submitted', 'unknown')
""")


def send_due() -> int:
    """Have every inbox that has something due send it; returns how many tasks were made."""
    with db.control() as session:
        rows = session.execute(_DUE, {"now": clock.now(), "most": MOST_TASKS * PER_TASK}).all()
    calls = [call for row in rows for call in _calls(row.tenant_id, row.id, row.due)]
    if calls:
        broker.publish(calls)
    return len(calls)


def send(turn: int, tenant_id: UUID, inbox_id: UUID) -> int:
    """What a task does: send what is due from an inbox; returns how many messages were handed over.

    The rows decide, so a doubled message finds nothing.
    """
    # The next look may make this task anew.
    client().delete(_key(inbox_id, turn))
    return Shift(tenant_id, inbox_id).run()


def look_after(guard: Guard[UUID, int]) -> int:
    """Move on what waits for nobody: abandoned claims, unknown results, enrolments with nothing scheduled.

    ``guard`` keeps one tenant's trouble from the others. Returns how many claims and results it settled.
    """
    with db.control() as session:
        tenants = session.scalars(_TENANTS).all()
    found = [guard(_look_after, tenant_id) for tenant_id in tenants]
    return sum(number for number in found if isinstance(number, int))


def _look_after(tenant_id: UUID) -> int:
    now = clock.now()
    with db.transaction(tenant_id) as session:
        found = unknowns.settle(session, tenant_id, now)
    _sweep(tenant_id, now)
    return found


def _sweep(tenant_id: UUID, now: datetime) -> None:
    """Look at the next of a tenant's enrolments; where a round ended is only a hint, and none begins anew."""
    key = f"rex:sweep:{tenant_id}"
    after = progress.NOBODY
    with suppress(redis.exceptions.RedisError):
        after = UUID(str(client().get(key) or after))
    next_after = progress.sweep_some(tenant_id, now, after, MOST_SWEPT)
    with suppress(redis.exceptions.RedisError):
        client().set(key, str(next_after or progress.NOBODY))


def _calls(tenant_id: UUID, inbox_id: UUID, waiting: int) -> list[Call]:
    """One task for each few dozen messages, unless one of the same turn has not begun yet."""
    queue, found = crews.queue_of(crews.Crew.CAMPAIGN), []
    expires = TASK_EXPIRES.total_seconds()
    for turn in range(min(MOST_TASKS, 1 + waiting // PER_TASK)):
        try:
            first = client().set(_key(inbox_id, turn), 1, nx=True, ex=TASK_EXPIRES)
        except redis.exceptions.RedisError:
            return []
        if first:
            arguments = (str(tenant_id), str(inbox_id), turn)
            found.append(Call("campaign.send_due", arguments, queue, NORMAL, expires=expires))
    return found


def _key(inbox_id: UUID, turn: int) -> str:
    return f"rex:due:{inbox_id}:{turn}"
