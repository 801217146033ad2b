"""Reading missions, their steps and their logs; every list is one statement, whatever its length."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import paging
from rex_celery.decisions.states import ACTIVE, MissionState, legal_moves
from rex_celery.errors import NotFoundError
from rex_celery.missions import views
from rex_celery.missions.orders import Autonomy
from rex_celery.missions.views import (
    Counts,
    LogEntry,
    MessageTotals,
    Mission,
    MissionDetail,
    MissionStep,
    Move,
    Overview,
    StepState,
)
from rex_celery.paging import Page

_MISSION = """
SELECT m.id, m.type, m.name, m.state, m.paused_at, m.priority, m.autonomy, m.reason, m.result,
  m.created_at, m.started_at, m.finished_at, extract(epoch FROM now() - m.started_at)::float8 AS running_seconds,
  p.planned, p.sent, p.suppressed, p.skipped, p.failed, p.pending, p.progress,
  EXISTS (SELECT FROM steps WHERE mission_id = m.id AND kind = 'approval' AND state = 'waiting') AS awaits_approval,
  EXISTS (SELECT FROM tenants WHERE id = m.tenant_id AND sending_stopped_at IS NOT NULL) AS sending_stopped
"""
_GET = text(
    _MISSION
    + """, m.campaign_id, n.*, ARRAY(SELECT jsonb_build_object('at', at, 'rule', rule, 'reason', inputs->>'reason')
             FROM decisions WHERE mission_id = m.id AND rule LIKE '%->%' ORDER BY at) AS moves
FROM missions AS m JOIN mission_progress AS p ON p.mission_id = m.id CROSS JOIN LATERAL (
  SELECT count(*) AS enrolled, count(*) FILTER (WHERE state = 'active') AS active, sum(planned)::bigint AS m_planned,
    sum(sent)::bigint AS m_sent, sum(suppressed)::bigint AS m_suppressed, sum(skipped)::bigint AS m_skipped,
    sum(failed)::bigint AS m_failed, sum(pending)::bigint AS m_pending
  FROM enrolments WHERE mission_id = m.id
) AS n WHERE m.id = :mission
"""
)
# The page is cut before the counting, so that only its missions are counted.
_PAGE = text(
    _MISSION
    + """
FROM (
  SELECT * FROM missions
  WHERE (CAST(:state AS text) IS NULL OR state = :state) AND (CAST(:type AS text) IS NULL OR type = :type)
    AND (CAST(:at AS timestamptz) IS NULL OR (created_at, id) < (:at, CAST(:id AS uuid)))
  ORDER BY created_at DESC, id DESC LIMIT :limit
) AS m JOIN mission_progress AS p ON p.mission_id = m.id ORDER BY m.created_at DESC, m.id DESC
"""
)
_STEPS = text(
    "SELECT id, key, kind, agent, crew, state, depends_on, attempt, total, done, failed, started_at, finished_at, error"
    " FROM steps WHERE mission_id = :mission ORDER BY position"
)
_LOG = text(
    "SELECT id, at, agent, kind, message, details FROM agent_logs"
    " WHERE mission_id = :mission AND id > :after ORDER BY id LIMIT :limit"
)
_EXISTS = text("SELECT 1 FROM missions WHERE id = :mission")
_OVERVIEW = text(
    """
SELECT
  (SELECT coalesce(jsonb_object_agg(state, n), '{}') FROM (
    SELECT state, count(*) AS n FROM missions GROUP BY state) AS s) AS missions,
  (SELECT coalesce(sum(sent), 0)::bigint FROM outcome_counters) AS total,
  (SELECT coalesce(sum((payload->>'count')::bigint), 0)::bigint FROM events
    WHERE type = 'message.sent' AND at >= date_trunc('day', now(), 'UTC')) AS sent_today,
  (SELECT count(*) FROM leads) AS leads
"""
)


def get(session: Session, mission_id: UUID) -> MissionDetail:
    """One mission with its steps and moves.

    Raises:
        NotFoundError: the tenant has no such mission.

    """
    row = session.execute(_GET, {"mission": mission_id}).first()
    if row is None:
        raise no_mission(mission_id)
    steps = [_step(step) for step in session.execute(_STEPS, {"mission": mission_id})]
    return MissionDetail(
        **_fields(row),
        steps=steps,
        moves=_moves(row.moves),
        messages=_messages(row) if row.enrolled else None,
        active=row.active,
        campaign_id=row.campaign_id,
    )


def page(
    session: Session, *, state: str | None = None, kind: str | None = None, limit: int = 50, cursor: str | None = None
) -> Page[Mission]:
    """A part of the tenant's missions, newest first, in ``state`` and of type ``kind`` if these are given.

    Raises:
        InvalidError: the cursor is not one of this list's.

    """
    at, id_ = paging.read_cursor(cursor, datetime.fromisoformat, UUID) if cursor else (None, None)
    rows = session.execute(_PAGE, {"state": state, "type": kind, "at": at, "id": id_, "limit": limit + 1}).all()
    return paging.cut(rows, limit, lambda row: Mission(**_fields(row)), lambda row: (row.created_at, row.id))


def log(session: Session, mission_id: UUID, *, after: int = 0, limit: int = 50) -> Page[LogEntry]:
    """A part of a mission's log, oldest first, from behind the entry ``after``.

    Raises:
        NotFoundError: the tenant has no such mission.

    """
    rows = session.execute(_LOG, {"mission": mission_id, "after": after, "limit": limit + 1}).all()
    see(session, mission_id, rows)
    items = [LogEntry(*row) for row in rows[:limit]]
    return Page(items, str(items[-1].id) if len(rows) > limit else None)


def overview(session: Session) -> Overview:
    """What the tenant has."""
    row = session.execute(_OVERVIEW).one()
    missions = {state.value: row.missions.get(state, 0) for state in MissionState}
    return Overview(missions, MessageTotals(row.sent_today, row.total), row.leads)


def see(session: Session, mission_id: UUID, rows: Sequence[object]) -> None:
    """An empty list may mean that there is no such mission; only then is it worth asking.

    Raises:
        NotFoundError: the tenant has no such mission.

    """
    if not rows and session.execute(_EXISTS, {"mission": mission_id}).first() is None:
        raise no_mission(mission_id)


def no_mission(mission_id: UUID) -> NotFoundError:
    """That the tenant has no such mission."""
    return NotFoundError(
        f"There is no mission {mission_id}.", code="mission_not_found", action="See GET /api/rex/missions."
    )


def _fields(row: Row[Any]) -> dict[str, Any]:
    state, paused = MissionState(row.state), row.paused_at is not None
    return {
        "id": row.id,
        "type": row.type,
        "name": row.name,
        "state": state,
        "paused": paused,
        "paused_at": row.paused_at,
        "priority": row.priority,
        "autonomy": Autonomy(row.autonomy),
        "progress": round(float(row.progress), 4),
        "counts": Counts(row.planned, row.sent, row.suppressed, row.skipped, row.failed, row.pending),
        "reason": views.why(_reason(row, state)),
        "result": row.result,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "legal_moves": list(legal_moves(state)),
        "actions": views.actions(state, paused=paused, awaits_approval=row.awaits_approval),
        "estimated_seconds": _remaining(row, state),
    }


def _messages(row: Row[Any]) -> Counts:
    return Counts(row.m_planned, row.m_sent, row.m_suppressed, row.m_skipped, row.m_failed, row.m_pending)


def _reason(row: Row[Any], state: MissionState) -> str | None:
    """What a mission waits for besides its own moves: the end of the emergency stop, or a person's approval."""
    if row.reason or state not in ACTIVE:
        return str(row.reason) if row.reason else None
    if row.sending_stopped:
        return "sending_stopped"
    return "approval_needed" if row.awaits_approval else None


def _remaining(row: Row[Any], state: MissionState) -> float | None:
    # Days go by while people are on their way; how long the work before took says nothing of that.
    if state not in ACTIVE or state is MissionState.COLLECTING or row.running_seconds is None:
        return None
    return views.remaining_seconds(float(row.progress), row.running_seconds)


def _step(row: Row[Any]) -> MissionStep:
    return MissionStep(**(dict(row._mapping) | {"state": StepState(row.state)}))  # noqa: SLF001  SQLAlchemy's public name


def _moves(stored: list[dict[str, Any]]) -> list[Move]:
    """In order; moves of one transaction bear the same time, so there the state each starts from decides."""
    left, ordered, state = [_move(one) for one in stored], [], MissionState.QUEUED
    while left:
        together = [move for move in left if move.at == left[0].at]
        following = next((move for move in together if move.from_state == state), together[0])
        left.remove(following)
        ordered.append(following)
        state = following.to_state
    return ordered


def _move(stored: dict[str, Any]) -> Move:
    before, _, after = stored["rule"].partition("->")
    return Move(datetime.fromisoformat(stored["at"]), MissionState(before), MissionState(after), stored["reason"])
