"""Deliveries are kept for thirty days, so that a receiver's mistake can still be looked at and made good."""

from datetime import timedelta

from sqlalchemy import text

from rex_celery import clock, db

KEPT = timedelta(days=30)
_TENANTS = text("SELECT DISTINCT tenant_id FROM webhook_endpoints ORDER BY tenant_id")
_PURGE = text("""
DELETE FROM webhook_deliveries WHERE created_at < :before AND state <> 'pending'
  AND tenant_id = (SELECT current_setting('rex.tenant')::uuid)
""")


def purge_all() -> int:
    """Forget what is older, but for what is still tried; gives how many deliveries."""
    with db.control() as session:
        tenants = session.scalars(_TENANTS).all()
    gone = 0
    for tenant_id in tenants:
        with db.transaction(tenant_id) as session:
            gone += session.execute(_PURGE, {"before": clock.now() - KEPT}).rowcount  # type: ignore[attr-defined]
    return gone
