"""Ending what waits for people: their sequences, their unsent messages and their open outcomes, in one transaction."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import bus
from rex_celery.events import EnrolmentsStopped

# A person who answered or booked may still be answered by a person of ours; nobody else may be written to at all.
ANSWERABLE = frozenset({"suppressed_reply", "company_replied", "meeting_booked"})
# Reasons that are the mission's and not the person's: what they end is skipped, and answers go on.
OF_THE_MISSION = frozenset({"cancelled", "rejected_by_person", "step_before_failed"})

_THESE = "lead_id = ANY(CAST(:leads AS uuid[])) AND (CAST(:mission AS uuid) IS NULL OR mission_id = :mission)"
# First, as everywhere: whoever sends takes this lock before the last look, so a stop and a send stand in one order.
_ENROLMENTS = text(f"""
WITH found AS MATERIALIZED (
  SELECT id FROM enrolments WHERE {_THESE} AND state = 'active' ORDER BY id FOR UPDATE)
UPDATE enrolments AS e SET state = 'stopped', reason = :reason, ended_at = :now FROM found AS f WHERE e.id = f.id
RETURNING e.mission_id
""")
_LOCK_ENROLMENTS = text(f"SELECT FROM enrolments WHERE {_THESE} AND state = 'active' ORDER BY id FOR UPDATE")
# A claimed message has not left yet: its sender asks once more before it hands it over, and is told no.
_MESSAGES = text(f"""
WITH found AS MATERIALIZED (
  SELECT id FROM messages WHERE {_THESE} AND state IN ('planned', 'claimed')
    AND (CAST(:channel AS text) IS NULL OR channel = :channel)
    AND NOT (:answerable AND step_key LIKE 'answer:%')
  ORDER BY lead_id, id FOR UPDATE)
UPDATE messages AS m SET state = :state, reason = :reason, wait_reason = NULL FROM found AS f WHERE m.id = f.id
RETURNING m.id
""")
# Nobody should send by hand, or approve, what may not be sent any more.
_TODOS = text("""
UPDATE todos SET state = 'dismissed', done_at = :now, done_by = 'rex'
WHERE message_id = ANY(CAST(:messages AS uuid[])) AND state = 'open'
""")
# A message that was handed over may arrive: its outcome waits for what becomes of it.
_OUTCOMES = text(f"""
WITH found AS MATERIALIZED (
  SELECT mission_id, lead_id FROM outcomes AS o WHERE {_THESE} AND state = 'pending' AND NOT EXISTS (
    SELECT FROM messages AS s WHERE s.mission_id = o.mission_id AND s.lead_id = o.lead_id
      AND s.state IN ('planned', 'claimed', 'submitted', 'unknown') AND s.step_key NOT LIKE 'answer:%')
  ORDER BY lead_id, mission_id FOR UPDATE)
UPDATE outcomes AS o SET state = :state, reason = :reason FROM found AS f
WHERE o.mission_id = f.mission_id AND o.lead_id = f.lead_id AND o.state = 'pending'
""")
# What was being handed over when its sequence was stopped, and was not taken: nobody would come for it any more.
_LATE = text("""
WITH found AS MATERIALIZED (
  SELECT m.id, e.reason FROM messages AS m JOIN enrolments AS e ON e.id = m.enrolment_id
  WHERE m.id = ANY(CAST(:messages AS uuid[])) AND m.state = 'planned' AND e.state = 'stopped'
  ORDER BY m.lead_id, m.id FOR UPDATE OF m)
UPDATE messages AS m SET reason = f.reason, wait_reason = NULL,
  state = CASE WHEN f.reason = ANY(CAST(:skipping AS text[])) THEN 'skipped' ELSE 'suppressed' END
FROM found AS f WHERE m.id = f.id
""")
_LATE_OUTCOMES = text("""
WITH found AS MATERIALIZED (
  SELECT o.mission_id, o.lead_id, e.reason FROM outcomes AS o
  JOIN enrolments AS e ON e.mission_id = o.mission_id AND e.lead_id = o.lead_id AND e.state = 'stopped'
  WHERE o.state = 'pending' AND e.id IN (SELECT enrolment_id FROM messages WHERE id = ANY(CAST(:messages AS uuid[])))
    AND e.pending = 0 AND e.sent = 0
  ORDER BY o.lead_id, o.mission_id FOR UPDATE OF o)
UPDATE outcomes AS o SET reason = f.reason,
  state = CASE WHEN f.reason = ANY(CAST(:skipping AS text[])) THEN 'skipped' ELSE 'suppressed' END
FROM found AS f WHERE o.mission_id = f.mission_id AND o.lead_id = f.lead_id
""")


def stop_people(  # noqa: PLR0913  the parts of one act
    session: Session,
    tenant_id: UUID,
    lead_ids: Collection[UUID],
    reason: str,
    now: datetime,
    *,
    mission_id: UUID | None = None,
    state: str = "suppressed",
) -> int:
    """End the sequences of these people, take back what was not handed over, settle what was still open.

    ``reason`` is a code of ``rex_celery.reasons``; ``state`` suppressed or skipped. ``mission_id``: only there.
    Returns how many sequences ended; doing it again changes nothing.
    """
    if not lead_ids:
        return 0
    values = _values(lead_ids, reason, mission_id, state)
    ended = Counter(session.scalars(_ENROLMENTS, {**values, "now": now}))
    _take_back(session, {**values, "channel": None}, now)
    session.execute(_OUTCOMES, values)
    if not ended:
        return 0
    told = [EnrolmentsStopped(mission, count, reason) for mission, count in sorted(ended.items())]
    bus.publish(session, tenant_id, *told)
    return ended.total()


def stop_channel(session: Session, lead_ids: Collection[UUID], channel: str, reason: str, now: datetime) -> None:
    """Take back these people's unsent messages on one channel; their sequences go on with the others."""
    if not lead_ids:
        return
    values = _values(lead_ids, reason, None, "suppressed")
    session.execute(_LOCK_ENROLMENTS, values)
    _take_back(session, {**values, "channel": channel}, now)
    session.execute(_OUTCOMES, values)


def end_late(session: Session, message_ids: Collection[UUID]) -> None:
    """Let messages that came back from their provider end as their people were stopped meanwhile, if they were."""
    values = {"messages": list(message_ids), "skipping": sorted(OF_THE_MISSION)}
    if message_ids:
        session.execute(_LATE, values)
        session.execute(_LATE_OUTCOMES, values)


def _take_back(session: Session, values: dict[str, object], now: datetime) -> None:
    taken = session.scalars(_MESSAGES, values).all()
    if taken:
        session.execute(_TODOS, {"messages": list(taken), "now": now})


def _values(lead_ids: Collection[UUID], reason: str, mission_id: UUID | None, state: str) -> dict[str, object]:
    return {
        "leads": list(lead_ids),
        "mission": mission_id,
        "reason": reason,
        "state": state,
        "answerable": reason in ANSWERABLE | OF_THE_MISSION,
    }
