"""Moving enrolments on: the next message gets its time, and whoever is through is done."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import db
from rex_celery.outreach import policies, sequences
from rex_celery.outreach.succession import Known, Next, Over, next_of

# Providers that tell when a message has arrived.
REPORTING = frozenset({"sendgrid", "twilio"})
# Enrolments that one look takes.
AT_ONCE = 1000
NOBODY = UUID(int=0)

_ENROLMENTS = text("""
SELECT id, campaign_id, sequence_id, version, started_at, resume_at FROM enrolments
WHERE id = ANY(CAST(:ids AS uuid[])) AND (state = 'active') IS TRUE ORDER BY id FOR NO KEY UPDATE
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
# By people, as the index of those on their way has them. Idle: done with nothing more to send, or with nothing
# scheduled because what was scheduled was taken back. "IS TRUE": by the messages of each enrolment, never by all due.
_LOOK = text("""
WITH looked AS MATERIALIZED (
  SELECT id, lead_id, pending FROM enrolments WHERE state = 'active' AND lead_id > :after
  ORDER BY lead_id LIMIT :most)
SELECT e.id, e.lead_id, e.pending = 0 OR NOT EXISTS (
  SELECT FROM messages AS m WHERE m.enrolment_id = e.id AND (m.state IN ('claimed', 'submitted')
    OR (m.state = 'planned' AND m.run_after IS NOT NULL)) IS TRUE) AS idle
FROM looked AS e ORDER BY e.lead_id
""")
# What nobody sent by hand in time is not sent any more.
_EXPIRE = text("""
WITH late AS (
  UPDATE messages SET state = 'skipped', reason = 'linkedin_task_dismissed', wait_reason = NULL
  WHERE enrolment_id = ANY(CAST(:ids AS uuid[])) AND state = 'planned' RETURNING id)
UPDATE todos AS t SET state = 'dismissed', done_at = :now, done_by = 'rex' FROM late
WHERE t.message_id = late.id AND t.state = 'open'
""")


def schedule_next(session: Session, tenant_id: UUID, enrolment_ids: Collection[UUID], now: datetime) -> None:
    """Give the next message of each enrolment its time, and end those that are through; harmless when repeated."""
    rows = session.execute(_ENROLMENTS, {"ids": sorted(set(enrolment_ids))}).all() if enrolment_ids else []
    if not rows:
        return
    messages = _messages(session, [row.id for row in rows])
    arrivals: dict[UUID | None, timedelta] = {}
    due: list[Next] = []
    over: list[UUID] = []
    for row in rows:
        if row.campaign_id not in arrivals:
            hours = policies.of(session, tenant_id, row.campaign_id).arrival_hours
            arrivals[row.campaign_id] = timedelta(hours=hours)
        days = {step.key: step.day for step in sequences.version(session, row.sequence_id, row.version)}
        match next_of(messages[row.id], days, row.started_at, arrivals[row.campaign_id]):
            case Next(id_, at, reason):
                due.append(_not_before(Next(id_, at, reason), row.resume_at))
            case Over(at) if at <= now:
                over.append(row.id)
    _store(session, due)
    end(session, over, now)


def end(session: Session, enrolment_ids: Collection[UUID], now: datetime) -> None:
    """Complete these enrolments and settle the outcomes of those who got nothing."""
    if enrolment_ids:
        session.execute(_EXPIRE, {"ids": list(enrolment_ids), "now": now})
        session.execute(_COMPLETE, {"ids": list(enrolment_ids), "now": now})
        session.execute(_OUTCOMES, {"ids": list(enrolment_ids)})


def sweep(session: Session, tenant_id: UUID, now: datetime, after: UUID = NOBODY) -> UUID | None:
    """Look for enrolments that nothing will move on by itself, among the next ``AT_ONCE`` people after ``after``.

    Returns whom to go on after, or None when all were looked at.
    """
    rows = session.execute(_LOOK, {"most": AT_ONCE, "after": after}).all()
    schedule_next(session, tenant_id, [row.id for row in rows if row.idle], now)
    return rows[-1].lead_id if len(rows) == AT_ONCE else None


def sweep_all(tenant_id: UUID, now: datetime) -> None:
    """Look at all of a tenant's enrolments, each thousand in a transaction of its own."""
    after: UUID | None = NOBODY
    while after is not None:
        after = sweep_some(tenant_id, now, after, AT_ONCE)


def sweep_some(tenant_id: UUID, now: datetime, after: UUID, most: int) -> UUID | None:
    """Look at about ``most`` of them; returns whom to go on after, or None when all were looked at."""
    place: UUID | None = after
    for _ in range(0, most, AT_ONCE):
        if place is None:
            break
        with db.transaction(tenant_id) as session:
            place = sweep(session, tenant_id, now, place)
    return place


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
