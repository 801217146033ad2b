"""The emergency stop: one flag that every claim of a message reads."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import bus
from rex_celery.events import SendingReleased, SendingStopped
from rex_celery.tenancy import audit

_STOP = text("UPDATE tenants SET sending_stopped_at = now() WHERE id = :tenant AND sending_stopped_at IS NULL")
_RELEASE = text("UPDATE tenants SET sending_stopped_at = NULL WHERE id = :tenant AND sending_stopped_at IS NOT NULL")
# The time of the stop does not count as a stall of what it held; a step that somebody works on now makes progress.
_FRESH = text("""
UPDATE steps SET progressed_at = now() WHERE id IN (
  SELECT id FROM steps WHERE state IN ('ready', 'queued', 'running') FOR UPDATE SKIP LOCKED)
""")
_STOPPED_AT = text("SELECT sending_stopped_at FROM tenants WHERE id = :tenant")


def stop(session: Session, tenant_id: UUID, *, actor: str) -> datetime:
    """Let nothing new be sent from this commit on; returns since when. Pressing it twice changes nothing."""
    if session.execute(_STOP, {"tenant": tenant_id}).rowcount:  # type: ignore[attr-defined]  # a cursor's result has it
        bus.publish(session, tenant_id, SendingStopped(mission_id=None))
        audit.record(session, actor, "sending.stopped")
    stopped_at: datetime = session.execute(_STOPPED_AT, {"tenant": tenant_id}).scalar_one()
    return stopped_at


def release(session: Session, tenant_id: UUID, *, actor: str) -> None:
    """Let sending go on; releasing what is not stopped changes nothing."""
    if session.execute(_RELEASE, {"tenant": tenant_id}).rowcount:  # type: ignore[attr-defined]  # a cursor's result has it
        session.execute(_FRESH)
        bus.publish(session, tenant_id, SendingReleased(mission_id=None))
        audit.record(session, actor, "sending.released")
