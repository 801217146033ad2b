"""What came in is forgotten when nobody needs it any more: it holds people's words and addresses."""

from datetime import timedelta

from sqlalchemy import text

from rex_celery import clock, config, db

# Few enough to take a moment; there may be millions, and nobody may wait for them.
_AT_ONCE = 10_000
_PURGE = text("""
WITH old AS MATERIALIZED (
  SELECT e.id FROM tenants AS t CROSS JOIN LATERAL (
    SELECT id FROM inbound_events WHERE tenant_id = t.id AND received_at < :before AND state <> 'pending'
    ORDER BY received_at LIMIT :most) AS e
  LIMIT :most)
DELETE FROM inbound_events AS e USING old WHERE e.id = old.id
""")


def purge_all() -> int:
    """Remove what was dealt with and is older than REX_INBOUND_DAYS, of every tenant; gives how many events."""
    before = clock.now() - timedelta(days=config.settings().inbound_days)
    gone = 0
    while True:
        with db.control() as session:
            removed: int = session.execute(_PURGE, {"before": before, "most": _AT_ONCE}).rowcount  # type: ignore[attr-defined]
        gone += removed
        if removed < _AT_ONCE:
            return gone
