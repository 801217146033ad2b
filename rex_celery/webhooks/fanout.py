"""From the event log to deliveries: each endpoint reads the log from where it stood, and gets each event once."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from rex_celery import db

# A long list is handed on in parts: nobody who writes events waits for it, but other tenants' events would.
_AT_ONCE = 500
_BEHIND = text("""
SELECT DISTINCT e.tenant_id FROM webhook_endpoints AS e JOIN event_heads AS h ON h.tenant_id = e.tenant_id
WHERE e.state = 'active' AND h.seq > e.after_seq ORDER BY e.tenant_id
""")
# Events are numbered in the order of their commits, so behind the last one that is seen none can appear any more.
_HAND_ON = text("""
WITH endpoint AS MATERIALIZED (
  SELECT id, tenant_id, after_seq, events FROM webhook_endpoints WHERE state = 'active' ORDER BY id
  FOR UPDATE SKIP LOCKED
), found AS MATERIALIZED (
  SELECT p.id AS endpoint_id, p.tenant_id, e.seq, e.type, e.mission_id, e.payload, e.at,
    jsonb_array_length(p.events) = 0 OR EXISTS (
      SELECT FROM jsonb_array_elements_text(p.events) AS wanted
      WHERE wanted IN ('*', e.type) OR (wanted LIKE '%.*' AND starts_with(e.type, left(wanted, -1)))) AS wanted
  FROM endpoint AS p CROSS JOIN LATERAL (
    SELECT seq, type, mission_id, payload, at FROM events
    WHERE tenant_id = p.tenant_id AND seq > p.after_seq ORDER BY seq LIMIT :most) AS e
), stored AS (
  INSERT INTO webhook_deliveries (id, tenant_id, endpoint_id, seq, type, payload, next_at, created_at)
  SELECT gen_random_uuid(), tenant_id, endpoint_id, seq, type,
    jsonb_build_object('id', tenant_id || '-' || seq, 'seq', seq, 'type', type, 'mission_id', mission_id,
                       'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'payload', payload),
    :now, :now
  FROM found WHERE wanted ORDER BY endpoint_id, seq
  ON CONFLICT (endpoint_id, seq) DO NOTHING
)
UPDATE webhook_endpoints AS e SET after_seq = reached.seq
FROM (SELECT endpoint_id, max(seq) AS seq, count(*) AS read FROM found GROUP BY endpoint_id) AS reached
WHERE e.id = reached.endpoint_id RETURNING reached.read
""")
# So many parts a round for one tenant; the next round goes on.
_PARTS = 4


def run_round(now: datetime) -> int:
    """Hand on what has happened, for every tenant; gives how many events were read. Safe side by side."""
    with db.control() as session:
        behind = session.scalars(_BEHIND).all()
    return sum(_hand_on(tenant_id, now) for tenant_id in behind)


def _hand_on(tenant_id: UUID, now: datetime) -> int:
    done = 0
    for _ in range(_PARTS):
        with db.transaction(tenant_id) as session:
            read = session.scalars(_HAND_ON, {"most": _AT_ONCE, "now": now}).all()
        done += sum(read)
        if max(read, default=0) < _AT_ONCE:
            break
    return done
