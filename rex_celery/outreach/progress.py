"""Moving enrolments on: the next message gets its time, and whoever is through is done."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.outreach import policies, sequences
from rex_celery.outreach.policy import Policy
from rex_celery.outreach.succession import Known, Next, Over, next_of

# Providers that tell when a message has arrived.
REPORTING = frozenset({"sendgrid", "twilio"})
# Enrolments that one look takes.
AT_ONCE = 1000

_ENROLMENTS = text("""
SELECT id, campaign_id, sequence_id, version, started_at, resume_at FROM enrolments
WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'active' ORDER BY id FOR NO KEY UPDATE
""")
_MESSAGES = text("""
SELECT m.id, m.enrolment_id, m.position, m.step_key, m.state, m.run_after, m.wait_reason, m.sent_at, m.delivered_at,
  m.claimed_at, m.provider
FROM messages AS m WHERE m.enrolment_id = ANY(CAST(:ids AS uuid[])) ORDER BY m.enrolment_id, m.position
""")
_SCHEDULE = text("""
UPDATE messages AS m SET run_after = v.at,
  wait_reason = CASE WHEN m.wait_reason = 'waiting_approval' THEN m.wait_reason ELSE v.reason END
FROM unnest(CAST(:ids AS uuid[]), CAST(:ats AS timestamptz[]), CAST(:reasons AS text[])) AS v(id, at, reason)
WHERE m.id = v.id AND m.state = 'planned'
""")
_COMPLETE = text("""
UPDATE enrolments SET state = 'completed', ended_at = :now
WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'active'
""")
# Who got nothing at all has the reason of the first message that was not sent.
_OUTCOMES = text("""
WITH ended AS MATERIALIZED (
  SELECT e.mission_id, e.lead_id, f.state, f.reason FROM enrolments AS e
  CROSS JOIN LATERAL (
    SELECT CASE WHEN state = 'cancelled' THEN 'skipped' ELSE state END AS state, reason FROM messages
    WHERE enrolment_id = e.id AND state IN ('failed', 'skipped', 'suppressed', 'cancelled') ORDER BY position LIMIT 1
  ) AS f
  WHERE e.id = ANY(CAST(:ids AS uuid[])) AND e.sent = 0 ORDER BY e.lead_id, e.mission_id)
UPDATE outcomes AS o SET state = d.state, reason = d.reason FROM ended AS d
WHERE o.mission_id = d.mission_id AND o.lead_id = d.lead_id AND o.state = 'pending'
""")
# Done with nothing more to send, or with nothing scheduled because what was scheduled was taken back.
_IDLE = text("""
SELECT e.id FROM enrolments AS e WHERE e.state = 'active' AND (e.pending = 0 OR NOT EXISTS (
  SELECT FROM messages AS m WHERE m.enrolment_id = e.id AND (m.state IN ('claimed', 'submitted')
    OR (m.state = 'planned' AND m.run_after IS NOT NULL))))
ORDER BY e.id LIMIT :most
""")
_EXPIRED_BY_HAND = text("""
UPDATE messages AS m SET state = 'skipped', reason = 'linkedin_task_dismissed', wait_reason = NULL
WHERE m.state = 'planned' AND m.wait_reason = 'waiting_linkedin_task' AND m.claimed_at < :before
  AND m.enrolment_id = ANY(CAST(:ids AS uuid[]))
""")
# A task for a person's hand that nobody did for this long is not done any more.
BY_HAND_FOR = timedelta(days=14)


def schedule_next(session: Session, tenant_id: UUID, enrolment_ids: Collection[UUID], now: datetime) -> None:
    """Give the next message of each enrolment its time, and end those that are through; harmless when repeated."""
    rows = session.execute(_ENROLMENTS, {"ids": sorted(set(enrolment_ids))}).all() if enrolment_ids else []
    if not rows:
        return
    messages = _messages(session, [row.id for row in rows])
    known: dict[UUID | None, Policy] = {}
    due: list[Next] = []
    over: list[UUID] = []
    for row in rows:
        if row.campaign_id not in known:
            known[row.campaign_id] = policies.of(session, tenant_id, row.campaign_id)
        days = {step.key: step.day for step in sequences.version(session, row.sequence_id, row.version)}
        arrival = timedelta(hours=known[row.campaign_id].arrival_hours)
        match next_of(messages[row.id], days, row.started_at, arrival):
            case Next(id_, at, reason):
                due.append(_not_before(Next(id_, at, reason), row.resume_at))
            case Over(at) if at <= now:
                over.append(row.id)
    _store(session, due)
    end(session, over, now)


def end(session: Session, enrolment_ids: Collection[UUID], now: datetime) -> None:
    """Complete these enrolments and settle the outcomes of those who got nothing."""
    if enrolment_ids:
        session.execute(_COMPLETE, {"ids": list(enrolment_ids), "now": now})
        session.execute(_OUTCOMES, {"ids": list(enrolment_ids)})


def sweep(session: Session, tenant_id: UUID, now: datetime) -> int:
    """Look for enrolments that nothing will move on by itself; returns how many there were."""
    idle = session.scalars(_IDLE, {"most": AT_ONCE}).all()
    if idle:
        schedule_next(session, tenant_id, idle, now)
        session.execute(_EXPIRED_BY_HAND, {"ids": list(idle), "before": now - BY_HAND_FOR})
    return len(idle)


def _store(session: Session, due: list[Next]) -> None:
    if due:
        columns = {
            "ids": [one.id for one in due],
            "ats": [one.at for one in due],
            "reasons": [one.reason for one in due],
        }
        session.execute(_SCHEDULE, columns)


def _not_before(found: Next, resume_at: datetime | None) -> Next:
    if resume_at is not None and resume_at > found.at:
        return Next(found.id, resume_at, "waiting_out_of_office")
    return found


def _messages(session: Session, enrolment_ids: Iterable[UUID]) -> dict[UUID, list[Known]]:
    rows = session.execute(_MESSAGES, {"ids": list(enrolment_ids)}).all()
    found: dict[UUID, list[Known]] = defaultdict(list)
    for enrolment_id, group in groupby(rows, key=lambda row: row.enrolment_id):
        found[enrolment_id] = [_known(row) for row in group]
    return found


def _known(row: Row[Any]) -> Known:
    return Known(
        row.id,
        row.position,
        row.step_key,
        row.state,
        row.run_after,
        row.wait_reason,
        row.sent_at,
        row.delivered_at,
        row.claimed_at,
        row.provider in REPORTING,
    )
