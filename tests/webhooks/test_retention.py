"""What came in is forgotten after its days, and not before it was dealt with."""

from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from rex_celery import clock, config, db
from rex_celery.webhooks import receive, retention
from rex_celery.webhooks.receive import Item, Source

Owner = psycopg.Connection[tuple[object, ...]]
DAY = timedelta(days=1)


def aged(tenant: UUID, name: str, state: str, days: float) -> None:
    with db.transaction(tenant) as session:
        receive.keep(session, tenant, Source(None, "imap", "imap"), [Item(name, {}, b"words")])
        session.execute(
            text("UPDATE inbound_events SET state = :state, received_at = :at WHERE event_id = :name"),
            {"state": state, "at": clock.now() - days * DAY, "name": name},
        )


def left(tenant: UUID) -> set[str]:
    with db.transaction(tenant) as session:
        return set(session.scalars(text("SELECT event_id FROM inbound_events")))


def test_old_events_are_forgotten_once_they_were_dealt_with(
    tenant: UUID, other_tenant: UUID, owner_connection: Owner
) -> None:
    owner_connection.execute("TRUNCATE inbound_events")
    for state in ("applied", "ignored", "unmatched", "failed", "pending"):
        aged(tenant, f"old {state}", state, 31)
        aged(tenant, f"young {state}", state, 29)
    aged(other_tenant, "theirs", "applied", 31)
    assert retention.purge_all() == 5
    assert left(tenant) == {"old pending", *(f"young {s}" for s in ("applied", "ignored", "unmatched", "failed", "pending"))}  # fmt: skip  # noqa: E501
    assert left(other_tenant) == set()
    assert retention.purge_all() == 0


def test_many_are_forgotten_in_parts(tenant: UUID, owner_connection: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    owner_connection.execute("TRUNCATE inbound_events")
    monkeypatch.setattr(retention, "_AT_ONCE", 2)
    monkeypatch.setattr(config.settings(), "inbound_days", 2)
    for number in range(5):
        aged(tenant, f"e{number}", "applied", 3)
    assert retention.purge_all() == 5
