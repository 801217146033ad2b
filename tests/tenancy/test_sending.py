"""The emergency stop."""

from uuid import UUID

from sqlalchemy import text

from rex_celery import db
from rex_celery.tenancy import sending


def test_stopping_twice_tells_and_notes_it_once_and_releasing_too(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        first = sending.stop(session, tenant, actor="key:abc")
    with db.transaction(tenant) as session:
        assert sending.stop(session, tenant, actor="key:abc") == first
    for _ in range(2):
        with db.transaction(tenant) as session:
            sending.release(session, tenant, actor="key:abc")
    with db.transaction(tenant) as session:
        events = list(session.scalars(text("SELECT type FROM events ORDER BY seq")))
        notes = session.execute(text("SELECT actor, action FROM audit ORDER BY id")).all()
    assert events == ["system.sending_stopped", "system.sending_released"]
    assert notes == [("key:abc", "sending.stopped"), ("key:abc", "sending.released")]


def test_one_tenants_stop_leaves_the_others_alone(tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        sending.stop(session, tenant, actor="test")
    with db.transaction(other_tenant) as session:
        assert session.execute(text("SELECT sending_stopped_at FROM tenants")).scalar_one() is None
