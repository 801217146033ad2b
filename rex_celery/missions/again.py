"""Running again what a failed or escalated mission has not finished; what is done stays done."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

# Workers lock their piece of work before they lock its mission; so does whoever is about to change all of them.
_LOCK_WORK = text("SELECT FROM chunks WHERE mission_id = :mission AND state <> 'done' ORDER BY step_id, no FOR UPDATE")
_MISSION = text("""
UPDATE missions SET epoch = epoch + 1, paused_at = NULL, started_at = NULL, stalls = 0 WHERE id = :mission
""")
# Leads whose work was given up and runs again now. Of a step that is over nothing runs again, so its leads stay failed;
# so does a lead on which an agent failed by itself (that stands in its history): it never passed that agent's check.
_AGAIN = """
r.mission_id = :mission AND r.state = 'failed' AND r.reason IN ('agent_failed', 'worker_lost', 'provider_unavailable')
AND r.chunk_no IN (SELECT c.no FROM chunks AS c JOIN steps AS s ON s.id = c.step_id
                   WHERE c.mission_id = :mission AND c.state = 'quarantined' AND s.state NOT IN ('done', 'skipped'))
AND NOT EXISTS (SELECT FROM lead_history AS h
                WHERE h.lead_id = r.lead_id AND h.mission_id = :mission AND h.state = 'failed')
"""
_MESSAGES = text(f"UPDATE messages AS r SET state = 'planned', reason = NULL WHERE {_AGAIN}")
_LEADS = text(f"UPDATE outcomes AS r SET state = 'pending', reason = NULL WHERE {_AGAIN}")
_CHUNKS = text("""
UPDATE chunks SET state = 'ready', losses = 0, rounds = 0, lease_until = NULL, run_after = NULL, error = NULL
WHERE mission_id = :mission AND state <> 'done' AND step_id IN (
  SELECT id FROM steps WHERE mission_id = :mission AND state NOT IN ('done', 'skipped'))
""")
_STEPS = text("""
UPDATE steps AS s SET attempt = attempt + 1, error = NULL, finished_at = NULL,
  state = CASE WHEN s.total = 0 THEN 'blocked' ELSE 'ready' END, failed = 0
WHERE s.mission_id = :mission AND s.state NOT IN ('done', 'skipped', 'blocked', 'waiting')
""")


def lock_work(session: Session, mission_id: UUID) -> None:
    """Wait for whoever stores a piece of this mission's work at this moment, and keep others out until the commit."""
    session.execute(_LOCK_WORK, {"mission": mission_id})


def set_back(session: Session, mission_id: UUID) -> None:
    """Make all unfinished work ready, and older messages about it void."""
    for statement in (_MISSION, _MESSAGES, _LEADS, _CHUNKS, _STEPS):
        session.execute(statement, {"mission": mission_id})
