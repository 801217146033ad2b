"""Closing a step whose pieces have all ended: tried by the last piece, by the chord's body and by the sweeper."""

from uuid import UUID

from sqlalchemy import text

from rex_celery import bus, db
from rex_celery.events import StepFinished
from rex_celery.missions import advance, dispatch

# One statement decides: whoever changes the row goes on, everyone else finds it changed.
_CLOSE = text("""
UPDATE steps AS s SET state = CASE WHEN s.done = 0 AND s.total > 0 THEN 'failed' ELSE 'done' END, finished_at = now()
WHERE s.id = :step AND s.state IN ('ready', 'queued', 'running') AND s.done + s.failed >= s.total AND NOT EXISTS (
  SELECT FROM chunks AS c WHERE c.step_id = s.id AND c.state NOT IN ('done', 'failed', 'quarantined'))
RETURNING s.mission_id, s.key, s.agent, s.state, s.done, s.failed
""")


def join(tenant_id: UUID, step_id: UUID) -> str:
    """Close a step if all its pieces have ended and nobody has; says in a word what was found."""
    with db.transaction(tenant_id) as session:
        row = session.execute(_CLOSE, {"step": step_id}).one_or_none()
        if row is None:
            return "nothing to do"
        event = StepFinished(row.mission_id, row.key, row.agent, row.state, row.done, row.failed)
        bus.publish(session, tenant_id, event)
        advance.advance(session, tenant_id, row.mission_id)
    dispatch.top_up()
    return "closed"
