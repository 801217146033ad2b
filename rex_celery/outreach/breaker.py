"""The circuit breaker of an inbox: after failures in a row nothing is sent until one probe shows that it works."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import bus
from rex_celery.events import SenderHeld, SenderReleased

FAILURES = 5
_FIRST, _LONGEST = timedelta(minutes=5), timedelta(hours=1)
# A probe whose worker died says nothing; after this long another one is made.
_PROBE = timedelta(minutes=2)
# What a provider says of its trouble is for people; a page of it would help nobody.
_MOST_WORDS = 300

_STATE = text("SELECT state FROM breakers WHERE inbox_id = :inbox")
_RETRY_AT = text("SELECT retry_at FROM breakers WHERE inbox_id = :inbox AND state <> 'closed'")
# Of two workers one finds the row as it was: the other waits for its lock and then finds the new time.
_PROBING = text("""
UPDATE breakers SET state = 'half_open', retry_at = :patience, updated_at = :now
WHERE inbox_id = :inbox AND state IN ('open', 'half_open') AND retry_at <= :now RETURNING inbox_id
""")
_LOCK = text("SELECT state, failures FROM breakers WHERE inbox_id = :inbox FOR UPDATE")
_MAKE = text("""
INSERT INTO breakers (inbox_id, tenant_id, updated_at) VALUES (:inbox, :tenant, :now) ON CONFLICT DO NOTHING
""")
_FAILED = text("""
UPDATE breakers SET state = :state, failures = :failures, retry_at = :retry_at, error = :error, updated_at = :now
WHERE inbox_id = :inbox
""")
_CLOSE = text("""
UPDATE breakers SET state = 'closed', failures = 0, retry_at = NULL, error = NULL, updated_at = :now
WHERE inbox_id = :inbox AND (state <> 'closed' OR failures > 0)
""")


def may_try(session: Session, inbox_id: UUID, now: datetime) -> bool:
    """Whether this inbox may send now. When its time to try again has come, one caller gets a yes: the probe."""
    state = session.execute(_STATE, {"inbox": inbox_id}).scalar()
    if state in {None, "closed"}:
        return True
    probing = {"inbox": inbox_id, "now": now, "patience": now + _PROBE}
    return session.execute(_PROBING, probing).first() is not None


def is_probe(session: Session, inbox_id: UUID) -> bool:
    """Whether what is sent now is the probe, for which one message is enough."""
    return bool(session.execute(_STATE, {"inbox": inbox_id}).scalar() == "half_open")


def resting_until(session: Session, inbox_id: UUID) -> datetime | None:
    """When it is worth asking ``may_try`` again; None: now."""
    found: datetime | None = session.execute(_RETRY_AT, {"inbox": inbox_id}).scalar()
    return found


def failed(session: Session, tenant_id: UUID, inbox_id: UUID, error: str, now: datetime) -> None:
    """Note that a provider could not be reached, or refused everybody; ``error`` names nobody."""
    session.execute(_MAKE, {"inbox": inbox_id, "tenant": tenant_id, "now": now})
    before = session.execute(_LOCK, {"inbox": inbox_id}).one()
    if before.state == "open":
        return  # the end of a call that began before it opened tells nothing new
    failures = before.failures + 1
    state = "open" if failures >= FAILURES else "closed"
    retry_at = now + _pause(failures) if state == "open" else None
    known = {"state": state, "failures": failures, "retry_at": retry_at, "error": error[:_MOST_WORDS]}
    session.execute(_FAILED, known | {"inbox": inbox_id, "now": now})
    if state == "open" and before.state == "closed":
        bus.publish(session, tenant_id, SenderHeld(None, inbox_id, "waiting_breaker"))


def succeeded(session: Session, tenant_id: UUID, inbox_id: UUID, now: datetime) -> None:
    """Note that the provider answered: what was held may go, and failures are counted anew."""
    before = session.execute(_LOCK, {"inbox": inbox_id}).one_or_none()
    if before is None:
        return
    session.execute(_CLOSE, {"inbox": inbox_id, "now": now})
    if before.state != "closed":
        bus.publish(session, tenant_id, SenderReleased(None, inbox_id))


def _pause(failures: int) -> timedelta:
    """Five minutes, doubled with each probe that failed, up to an hour."""
    doublings = min(failures - FAILURES, 10)
    return min(_FIRST * (1 << doublings), _LONGEST)
