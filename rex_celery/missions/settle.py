"""What is left of a mission that was cancelled: its pending leads get their reason, so that it still adds up."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import bus, clock, db
from rex_celery.compliance import stops
from rex_celery.events import MissionProgressed
from rex_celery.missions import moves

_UNSETTLED = text("""
SELECT m.tenant_id, m.id FROM missions AS m WHERE m.state = 'cancelled' AND (
  EXISTS (SELECT FROM outcome_counters AS c WHERE c.mission_id = m.id AND c.pending > 0)
  OR EXISTS (SELECT FROM enrolments AS e WHERE e.mission_id = m.id AND e.state = 'active')) LIMIT 100
""")
_CANCELLED = text("SELECT EXISTS (SELECT FROM missions WHERE id = :mission AND state = 'cancelled')")
_MESSAGES = text("""
UPDATE messages SET state = 'cancelled', reason = 'cancelled'
WHERE mission_id = :mission AND chunk_no = :chunk AND state = 'planned' AND step_key NOT LIKE 'answer:%'
""")
_CHUNKS = text("""
SELECT chunk_no FROM outcome_counters WHERE mission_id = :mission AND pending > 0
UNION SELECT chunk_no FROM enrolments WHERE mission_id = :mission AND state = 'active' ORDER BY chunk_no
""")
_ENROLLED = text("""
SELECT lead_id FROM enrolments WHERE mission_id = :mission AND chunk_no = :chunk AND state = 'active'
""")
# A message that was handed over may arrive at this moment: its lead is settled when its result is known.
_LEADS = text("""
UPDATE outcomes AS o SET state = 'skipped', reason = 'cancelled'
WHERE o.mission_id = :mission AND o.chunk_no = :chunk AND o.state = 'pending' AND NOT EXISTS (
  SELECT FROM messages AS s
  WHERE s.mission_id = o.mission_id AND s.lead_id = o.lead_id AND s.step_key NOT LIKE 'answer:%'
    AND s.state IN ('planned', 'claimed', 'submitted', 'unknown'))
""")


def unsettled(session: Session) -> list[tuple[UUID, UUID]]:
    """Cancelled missions with pending leads, as (tenant, mission)."""
    return [(row.tenant_id, row.id) for row in session.execute(_UNSETTLED)]


def settle(tenant_id: UUID, mission_id: UUID) -> None:
    """Give every pending lead of a cancelled mission its reason, a chunk at a time; harmless when repeated."""
    with db.transaction(tenant_id) as session:
        if not session.execute(_CANCELLED, {"mission": mission_id}).scalar_one():
            return
        before = moves.counts(session, mission_id)
        chunks = session.scalars(_CHUNKS, {"mission": mission_id}).all()
    for chunk in chunks:
        with db.transaction(tenant_id) as session:
            _settle_chunk(session, tenant_id, mission_id, chunk)
    with db.transaction(tenant_id) as session:
        counts, progress = moves.counts(session, mission_id)
        if (counts, progress) != before:
            bus.publish(session, tenant_id, MissionProgressed(mission_id, progress, counts))


def _settle_chunk(session: Session, tenant_id: UUID, mission_id: UUID, chunk: int) -> None:
    place = {"mission": mission_id, "chunk": chunk}
    enrolled = session.scalars(_ENROLLED, place).all()
    stops.stop_people(session, tenant_id, enrolled, "cancelled", clock.now(), mission_id=mission_id, state="skipped")
    session.execute(_MESSAGES, place)
    session.execute(_LEADS, place)
