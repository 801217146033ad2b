"""Places for running missions: each lead crew has a few; a mission holds one while it prepares and launches."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import crews

# Two engines that hand out places at once would give one mission two; whoever comes second leaves it to the first.
_ALONE = text("SELECT pg_try_advisory_xact_lock(7391028)")
_ENSURE = text("""
INSERT INTO crew_slots (crew, no) SELECT c, n FROM unnest(CAST(:crews AS text[])) AS c, generate_series(1, :slots) AS n
ON CONFLICT DO NOTHING
""")
# A mission that a person holds (paused, not yet approved, the emergency stop) needs no place, and must not keep others
# from theirs: three missions that wait for an approval would hold up every tenant. One that is retried in the middle of
# such a wait is queued and takes a place for as long as it needs to stand where it stood.
_AT_WORK = """m.paused_at IS NULL AND NOT EXISTS (
  SELECT FROM steps AS w WHERE w.mission_id = m.id AND (
    (w.state = 'waiting' AND m.state <> 'queued') OR (
    w.agent = 'outreach' AND w.state IN ('ready', 'queued', 'running')
    AND EXISTS (SELECT FROM tenants AS t WHERE t.id = m.tenant_id AND t.sending_stopped_at IS NOT NULL))))"""
# A place is a lease on a mission's state: whoever ends or launches the mission frees it, and a lost one frees itself.
_RELEASE = text(f"""
UPDATE crew_slots AS s SET mission_id = NULL
WHERE s.mission_id IS NOT NULL AND NOT EXISTS (
  SELECT FROM missions AS m WHERE m.id = s.mission_id AND m.state IN ('assigned', 'executing') AND {_AT_WORK})
""")
# A mission that goes on after it was held takes a place before a new one does.
_ASSIGN = text(f"""
WITH free AS (
  SELECT crew, no, row_number() OVER (PARTITION BY crew ORDER BY no) AS place
  FROM crew_slots WHERE mission_id IS NULL AND no <= :slots
), waiting AS (
  SELECT w.id, w.crew, w.fresh,
    row_number() OVER (PARTITION BY w.crew ORDER BY w.fresh, w.class DESC, w.turn::float8 / w.weight, w.id) AS place
  FROM (
    SELECT m.id, m.crew, t.weight, m.state = 'queued' AS fresh, m.priority / 30 AS class,
      row_number() OVER (PARTITION BY m.crew, m.tenant_id ORDER BY m.priority DESC, m.created_at, m.id) AS turn
    FROM missions AS m JOIN tenants AS t ON t.id = m.tenant_id
    WHERE (m.state = 'queued' OR (m.state IN ('assigned', 'executing')
                                  AND NOT EXISTS (SELECT FROM crew_slots WHERE mission_id = m.id)))
      AND t.simulated_at IS NULL AND {_AT_WORK}
  ) AS w
)
UPDATE crew_slots AS s SET mission_id = w.id
FROM free AS f JOIN waiting AS w ON w.crew = f.crew AND w.place = f.place
WHERE s.crew = f.crew AND s.no = f.no AND s.mission_id IS NULL
RETURNING s.mission_id, w.fresh, (SELECT tenant_id FROM missions WHERE id = w.id) AS tenant_id
""")


def release(session: Session) -> None:
    """Free the places of missions that need none now (launched, held, over)."""
    if session.execute(_ALONE).scalar_one():
        session.execute(_RELEASE)


def assign(session: Session, slots: int) -> list[tuple[UUID, UUID]]:
    """Give free places to queued missions by priority, then tenant by tenant; returns (tenant, mission) pairs."""
    if not session.execute(_ALONE).scalar_one():
        return []
    session.execute(_ENSURE, {"crews": [str(crew) for crew in crews.Crew], "slots": slots})
    return [(row.tenant_id, row.mission_id) for row in session.execute(_ASSIGN, {"slots": slots}) if row.fresh]
