"""A whole mission, carried by hand."""

from uuid import UUID

from sqlalchemy import text

from rex_celery import db
from tests.missions.conftest import HandCarrier, submitted


def test_every_lead_is_messaged_once_or_has_its_reason(carrier: HandCarrier, tenant: UUID) -> None:
    mission = submitted(tenant, leads=12)
    carrier.run_all()
    with db.transaction(tenant) as session:
        state = session.execute(text("SELECT state, reason FROM missions WHERE id = :id"), {"id": mission}).one()
        rows = session.execute(text("SELECT state, reason FROM outcomes WHERE mission_id = :id"), {"id": mission}).all()
        boxed = session.execute(text("SELECT count(*), count(DISTINCT message_id) FROM outbox")).one()
    assert tuple(state) == ("completed", None)
    found = sorted((row.state, row.reason or "") for row in rows)
    assert found == [("sent", "")] * 9 + [("skipped", "customer")] * 3
    assert tuple(boxed) == (9, 9)
