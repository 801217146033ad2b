"""One tenant never sees or touches another's rows: every table, through SQL, as the roles that REX uses."""

from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError

from rex_celery import db
from rex_celery.embedded.services import Services
from rex_celery.models import Base

Connection = psycopg.Connection[tuple[object, ...]]
Touched = Callable[..., int | str]
OWNED = sorted(table.name for table in Base.metadata.tables.values() if "tenant_id" in table.columns)
APPEND_ONLY = (
    *("agent_logs", "agent_runs", "audit", "decisions", "delivery_facts", "events", "lead_history", "outbox"),
    "sequence_versions",
)


@pytest.mark.parametrize("table", [*OWNED, "tenants"])
def test_another_tenants_rows_cannot_be_seen_changed_or_removed(
    full_tenant: UUID, other_tenant: UUID, owner_connection: Connection, touched: Touched, table: str
) -> None:
    key = "id" if table == "tenants" else "tenant_id"
    assert count(full_tenant, table) > 0
    assert count(other_tenant, table, f"WHERE {key} = '{full_tenant}'") == 0
    for statement in (f"UPDATE {table} SET {key} = {key}", f"DELETE FROM {table}"):
        assert touched(other_tenant, f"{statement} WHERE {key} = '{full_tenant}'") in {0, "refused"}

    whole = sql.SQL("SELECT count(*) FROM {} WHERE {} = %s").format(sql.Identifier(table), sql.Identifier(key))
    stored = owner_connection.execute(whole, [full_tenant]).fetchone()
    assert stored == (count(full_tenant, table),)


@pytest.mark.parametrize("table", OWNED)
def test_a_row_cannot_be_written_for_another_tenant(
    full_tenant: UUID, other_tenant: UUID, owner_connection: Connection, touched: Touched, table: str
) -> None:
    one = sql.SQL("SELECT to_jsonb(t)::text FROM {} AS t WHERE tenant_id = %s LIMIT 1").format(sql.Identifier(table))
    row = owner_connection.execute(one, [full_tenant]).fetchone()
    assert row

    copy = f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, CAST(:row AS jsonb))"
    assert touched(other_tenant, copy, row=row[0]) == "refused"


@pytest.mark.parametrize("table", sorted(set(OWNED) - {"dead_letters"} - set(APPEND_ONLY)))
def test_a_row_cannot_be_given_to_another_tenant(
    full_tenant: UUID, other_tenant: UUID, touched: Touched, table: str
) -> None:
    assert touched(full_tenant, f"UPDATE {table} SET tenant_id = '{other_tenant}'") == "refused"


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_what_is_append_only_cannot_be_changed_or_removed(full_tenant: UUID, touched: Touched, table: str) -> None:
    assert touched(full_tenant, f"UPDATE {table} SET tenant_id = tenant_id") == "refused"
    assert touched(full_tenant, f"DELETE FROM {table}") == "refused"
    assert touched(full_tenant, f"TRUNCATE {table}") == "refused"


@pytest.mark.parametrize("table", OWNED)
def test_without_a_tenant_nothing_is_seen(full_tenant: UUID, database: Services, table: str) -> None:
    engine = create_engine(database.app_database_url)
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL ROLE rex_app"))
        seen = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    engine.dispose()

    assert seen == 0


def test_without_a_role_nothing_may_be_asked(database: Services) -> None:
    engine = create_engine(database.app_database_url)
    with engine.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text("SELECT count(*) FROM leads"))
    engine.dispose()


@pytest.mark.parametrize(
    "table", ["leads", "outcomes", "suppressions", "outbox", "threads", "todos", "meetings", "simulations"]
)
def test_the_engine_itself_cannot_read_people(full_tenant: UUID, table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        control(f"SELECT count(*) FROM {table}")


@pytest.mark.parametrize(
    "column",
    ["inboxes.address", "connections.secret", "enrolments.lead_id", "inbound_events.payload", "webhook_endpoints.url"],
)
def test_the_engine_itself_sees_where_work_is_due_and_not_whom_it_is_about(full_tenant: UUID, column: str) -> None:
    table, _, name = column.partition(".")
    control(f"SELECT id, state FROM {table} LIMIT 1")
    with pytest.raises(ProgrammingError, match="permission denied"):
        control(f"SELECT {name} FROM {table} LIMIT 1")


@pytest.mark.parametrize("column", ["recipient", "subject", "body"])
def test_the_engine_itself_cannot_read_messages(full_tenant: UUID, column: str) -> None:
    control("SELECT id, state FROM messages LIMIT 1")
    with pytest.raises(ProgrammingError, match="permission denied"):
        control(f"SELECT {column} FROM messages LIMIT 1")


def count(tenant: UUID, table: str, where: str = "") -> int:
    with db.transaction(tenant) as session:
        return int(session.execute(text(f"SELECT count(*) FROM {table} {where}")).scalar_one())


def control(statement: str) -> None:
    with db.control() as session:
        session.execute(text(statement))


def test_the_engine_itself_removes_no_tenant_that_somebody_uses(full_tenant: UUID) -> None:
    with db.control() as session:
        gone = session.execute(text("DELETE FROM tenants WHERE id = :id RETURNING 1"), {"id": full_tenant}).all()
    assert gone == []
