"""A message that will not be sent: its reason is stored, and its step's rule says how the sequence goes on."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.compliance import stops
from rex_celery.outreach import progress, sequences
from rex_celery.outreach.steps import OnFail

# A step that waits is tried each day for a week, then the sequence goes on without it.
WAIT_AGAIN, WAIT_FOR = timedelta(days=1), timedelta(days=7)
# What may be otherwise tomorrow.
MAY_CHANGE = frozenset({"no_consent_sms", "sms_hours_unknown", "provider_unavailable"})

_FOUND = text("""
SELECT m.id, m.lead_id, m.mission_id, m.enrolment_id, m.step_key, e.sequence_id, e.version, e.started_at
FROM messages AS m LEFT JOIN enrolments AS e ON e.id = m.enrolment_id
WHERE m.id = ANY(CAST(:ids AS uuid[])) AND m.state IN ('planned', 'claimed', 'submitted', 'failed', 'bounced')
ORDER BY m.lead_id, m.id
""")
_CLOSE = text("""
UPDATE messages SET state = :state, reason = :reason, wait_reason = NULL
WHERE id = ANY(CAST(:ids AS uuid[])) AND state IN ('planned', 'claimed', 'submitted')
""")
_AGAIN = text("""
UPDATE messages SET state = 'planned', run_after = :until, wait_reason = 'waiting_retry'
WHERE id = ANY(CAST(:ids AS uuid[])) AND state IN ('planned', 'claimed', 'submitted')
""")


def unsendable(  # noqa: PLR0913  the parts of one act
    session: Session,
    tenant_id: UUID,
    message_ids: Collection[UUID],
    reason: str,
    now: datetime,
    *,
    state: str = "skipped",
) -> None:
    """Close messages that will not be sent; the caller holds the locks of their enrolments.

    ``state`` skipped, failed where a provider said no, or suppressed where a stop is of one channel only. Their
    sequences go on, wait or stop as each step says.
    """
    rows = session.execute(_FOUND, {"ids": list(message_ids)}).all()
    ruled = {row.id: _rule(session, row) for row in rows}
    again = [row.id for row in rows if ruled[row.id] is OnFail.WAIT and _may_wait(session, row, reason, now)]
    if again:
        session.execute(_AGAIN, {"ids": again, "until": now + WAIT_AGAIN})
    closed = [row for row in rows if row.id not in set(again)]
    if not closed:
        return
    session.execute(_CLOSE, {"ids": [row.id for row in closed], "state": state, "reason": reason})
    _go_on(session, tenant_id, closed, ruled, now)


def after(session: Session, tenant_id: UUID, message_ids: Collection[UUID], now: datetime) -> None:
    """Go on after messages that a provider failed to deliver."""
    rows = session.execute(_FOUND, {"ids": list(message_ids)}).all() if message_ids else []
    if rows:
        _go_on(session, tenant_id, rows, {row.id: _rule(session, row) for row in rows}, now)


def _go_on(
    session: Session, tenant_id: UUID, rows: Collection[Row[Any]], ruled: dict[UUID, OnFail], now: datetime
) -> None:
    enrolled = [row for row in rows if row.enrolment_id]
    stopping = [row for row in enrolled if ruled[row.id] is OnFail.STOP]
    for mission in sorted({row.mission_id for row in stopping}):
        people = [row.lead_id for row in stopping if row.mission_id == mission]
        stops.stop_people(session, tenant_id, people, "step_before_failed", now, mission_id=mission, state="skipped")
    going = [row.enrolment_id for row in enrolled if ruled[row.id] is not OnFail.STOP]
    progress.schedule_next(session, tenant_id, going, now)


def _step_of(session: Session, row: Row[Any]) -> Any:
    steps = sequences.version(session, row.sequence_id, row.version)
    return next((one for one in steps if one.key == row.step_key), None)


def _rule(session: Session, row: Row[Any]) -> OnFail:
    step = _step_of(session, row) if row.enrolment_id else None
    return step.on_fail if step else OnFail.SKIP


def _may_wait(session: Session, row: Row[Any], reason: str, now: datetime) -> bool:
    if reason not in MAY_CHANGE:
        return False
    step = _step_of(session, row)
    return bool(now < row.started_at + timedelta(days=step.day) + 2 * WAIT_FOR)
