"""The one place from which work goes to Celery: ready rows become messages, fairly and never too many."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from uuid import UUID

import redis.exceptions
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import broker, config, crews, db
from rex_celery.flow import BULK, NORMAL, URGENT, Call, Flow, Sequence, Together
from rex_celery.redis import client
from rex_celery.work import WorkRef

# A chord's header is published in one go, so it stays short enough to take no noticeable time.
LONGEST_SEGMENT = 500
_KICK_KEY = "rex:kick"
_WAKE = Call("control.top_up", (), crews.CONTROL_QUEUE, URGENT, expires=30)

# Each mission offers its first ready chunks (at most a queue's depth); a crew's room goes to the highest priority class
# first, then in turn to each tenant by weight, so that a tenant with 10 000 leads cannot starve one with 10.
_CLAIM = text("""
WITH room AS (
  SELECT q.crew, :depth - (SELECT count(*) FROM chunks AS c WHERE c.crew = q.crew AND c.state = 'queued') AS free
  FROM unnest(CAST(:crews AS text[])) AS q(crew)
), offered AS (
  SELECT s.crew, s.id AS step_id, c.no, m.tenant_id, t.weight, m.priority / 30 AS class,
    row_number() OVER (PARTITION BY s.crew, m.tenant_id
                       ORDER BY m.priority DESC, m.created_at, s.position DESC, c.no) AS turn
  FROM steps AS s
  JOIN missions AS m ON m.id = s.mission_id
  JOIN tenants AS t ON t.id = m.tenant_id
  JOIN room AS r ON r.crew = s.crew AND r.free > 0
  CROSS JOIN LATERAL (
    SELECT no FROM chunks WHERE step_id = s.id AND state = 'ready' ORDER BY no LIMIT :depth
  ) AS c
  WHERE s.state IN ('ready', 'queued', 'running') AND s.kind NOT IN ('approval', 'wait') AND m.paused_at IS NULL
    AND m.state IN ('executing', 'collecting', 'analyzing', 'optimizing')
    AND NOT (s.agent = 'outreach' AND t.sending_stopped_at IS NOT NULL) AND t.simulated_at IS NULL
), ranked AS (
  SELECT step_id, no, crew,
    row_number() OVER (PARTITION BY crew ORDER BY class DESC, turn::float8 / weight, tenant_id) AS place
  FROM offered
), picked AS MATERIALIZED (
  SELECT k.step_id, k.no FROM chunks AS k
  JOIN ranked AS w ON w.step_id = k.step_id AND w.no = k.no JOIN room AS r ON r.crew = w.crew
  WHERE w.place <= r.free AND k.state = 'ready' FOR UPDATE OF k SKIP LOCKED
)
UPDATE chunks AS k SET state = 'queued', queued_at = now()
FROM picked AS p, steps AS s, missions AS m
WHERE k.step_id = p.step_id AND k.no = p.no AND s.id = k.step_id AND m.id = s.mission_id
RETURNING k.step_id, k.no, k.tenant_id, k.mission_id, k.crew, s.agent, m.epoch, m.priority
""")
_BEGIN = text("UPDATE steps SET state = 'queued' WHERE id = ANY(:steps) AND state = 'ready'")

_Claimed = Row[tuple[UUID, int, UUID, UUID, str, str, int, int]]


def kick(session: Session) -> None:
    """Have the queues topped up right after this transaction; many kicks in a moment become one."""
    db.after_commit(session, _wake)


def top_up() -> int:
    """Fill every crew's queue up to its depth from the ready rows; returns how many pieces of work were sent."""
    with db.control() as session:
        rows = session.execute(
            _CLAIM, {"depth": config.settings().queue_depth, "crews": [str(crew) for crew in crews.Crew]}
        ).all()
        if rows:
            session.execute(_BEGIN, {"steps": list({row.step_id for row in rows})})
            flows = list(_flows(rows))
            db.after_commit(session, lambda: broker.publish(flows))
    return len(rows)


def begin_top_up() -> None:
    """Let the next kick send a message of its own: what it made ready may come too late for this round."""
    client().delete(_KICK_KEY)


def priority_class(priority: int) -> int:
    """A mission's priority (0 to 100, more is sooner) as one of Redis' three classes (0 goes first)."""
    if priority >= 80:  # noqa: PLR2004  "immediate" in the resource rules
        return URGENT
    return NORMAL if priority >= 50 else BULK  # noqa: PLR2004  "standard" in the resource rules


def _wake() -> None:
    try:
        first = client().set(_KICK_KEY, 1, nx=True, px=100)
    except redis.exceptions.RedisError:
        return  # beat tops up every second, so a silent Redis only costs that second
    if first:
        broker.publish([_WAKE])


def _flows(rows: Iterable[_Claimed]) -> Iterator[Flow]:
    ordered = sorted(rows, key=lambda row: (str(row.step_id), row.no))
    for _, group in groupby(ordered, key=lambda row: row.step_id):
        members = list(group)
        for start in range(0, len(members), LONGEST_SEGMENT):
            yield _segment(members[start : start + LONGEST_SEGMENT])


def _segment(members: list[_Claimed]) -> Flow:
    """Several pieces of a step are a chord with its join, a single one is a chain with it."""
    calls, first = tuple(_call(row) for row in members), members[0]
    ids = (str(first.tenant_id), str(first.mission_id), str(first.step_id))
    join = Call("control.join", ids, crews.CONTROL_QUEUE, URGENT)
    return Together(calls, join) if len(calls) > 1 else Sequence((calls[0], join))


def _call(row: _Claimed) -> Call:
    ref = WorkRef(row.tenant_id, row.mission_id, row.step_id, row.no, row.epoch)
    queue = crews.queue_of(crews.Crew(row.crew))
    return Call(f"{row.crew}.{row.agent}", ref.arguments(), queue, priority_class(row.priority))
