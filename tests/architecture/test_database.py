"""The promises that the database itself keeps: asked of a real one, after all migrations."""

from collections.abc import Iterator

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import create_engine

from alembic import command
from rex_celery.decisions.states import all_moves
from rex_celery.embedded.services import Services
from rex_celery.models import Base
from tests.architecture.source import CHECKOUT

Connection = psycopg.Connection[tuple[object, ...]]
OWNED = sorted(table.name for table in Base.metadata.tables.values() if "tenant_id" in table.columns)
# Scheduling only: which job ran when, which mission has which place, and the table of legal moves.
UNOWNED = {"alembic_version", "crew_slots", "mission_moves", "ticks"}

SCHEMA = """
SELECT 'CREATE TABLE public.' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
  || coalesce(column_default, '') FROM information_schema.columns WHERE table_schema = 'public';
SELECT indexdef FROM pg_indexes WHERE schemaname = 'public';
SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
  WHERE connamespace = 'public'::regnamespace;
SELECT tablename || policyname || roles::text || cmd || coalesce(qual, '') FROM pg_policies;
SELECT relname || relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relacl IS NOT NULL;
SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace;
SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal;
SELECT before || after FROM mission_moves
"""


@pytest.fixture
def scratch(database: Services, owner_connection: Connection) -> Iterator[str]:
    """The address of an empty database."""
    name = database.database_url.rpartition("/")[2] + "_scratch"
    owner_connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield database.database_url.rpartition("/")[0] + "/" + name
    owner_connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_the_database_knows_no_table_that_the_models_do_not_and_the_reverse(owner_connection: Connection) -> None:
    stored = column(owner_connection, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")

    assert stored - {"alembic_version"} == set(Base.metadata.tables)


def test_every_table_belongs_to_tenants_or_holds_nothing_of_theirs(owner_connection: Connection) -> None:
    stored = column(owner_connection, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")

    assert stored == {*OWNED, "tenants"} | UNOWNED


@pytest.mark.parametrize("table", [*OWNED, "tenants"])
def test_row_level_security_is_on_and_forced(owner_connection: Connection, table: str) -> None:
    found = owner_connection.execute(
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", [table]
    ).fetchone()

    assert found == (True, True)


@pytest.mark.parametrize("table", [*OWNED, "tenants"])
def test_the_application_has_one_policy_and_it_asks_for_the_tenant(owner_connection: Connection, table: str) -> None:
    policies = owner_connection.execute(
        "SELECT policyname, permissive, cmd, qual, with_check FROM pg_policies"
        " WHERE tablename = %s AND roles && ARRAY['rex_app', 'public']::name[]",
        [table],
    ).fetchall()

    owner = "id" if table == "tenants" else "tenant_id"
    assert [(name, kind, which) for name, kind, which, _, _ in policies] == [("own_tenant", "PERMISSIVE", "ALL")]
    (_, _, _, reads, writes) = policies[0]
    assert str(reads).startswith(f"({owner} = ( SELECT (NULLIF(current_setting('rex.tenant'::text, true)")
    assert writes is None  # the same condition holds for what is written


def test_no_role_of_the_application_can_step_around_it(owner_connection: Connection) -> None:
    roles = owner_connection.execute(
        "SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
        " WHERE rolname = ANY(%s) ORDER BY rolname",
        [["rex_app", "rex_control", "rex_login"]],
    ).fetchall()

    assert [row[:2] for row in roles] == [("rex_app", False), ("rex_control", False), ("rex_login", True)]
    assert not any(any(row[2:]) for row in roles)


def test_no_role_of_the_application_owns_anything(owner_connection: Connection) -> None:
    owners = column(owner_connection, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")

    assert owners == {"rex_owner"}


def test_the_login_has_no_right_until_it_takes_a_role(owner_connection: Connection) -> None:
    inherited = owner_connection.execute(
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        " AND has_table_privilege('rex_login', schemaname || '.' || tablename, 'SELECT, INSERT, UPDATE, DELETE')"
    ).fetchone()

    assert inherited == (0,)


@pytest.mark.parametrize(
    "table", ["leads", "outcomes", "lead_history", "imports", "import_rejections", "suppressions", "consents", "outbox"]
)
def test_the_engine_has_no_right_on_people(owner_connection: Connection, table: str) -> None:
    assert not rights(owner_connection, "rex_control", table)


@pytest.mark.parametrize("name", ["recipient", "subject", "body", "facts"])
def test_the_engine_cannot_read_a_message(owner_connection: Connection, name: str) -> None:
    asked = owner_connection.execute(
        "SELECT has_column_privilege('rex_control', 'messages', %s, 'SELECT, UPDATE')", [name]
    )

    assert asked.fetchone() == (False,)


@pytest.mark.parametrize(
    "table", ["audit", "lead_history", "outbox", "agent_runs", "agent_logs", "decisions", "events"]
)
def test_what_is_append_only_can_only_be_appended_to(owner_connection: Connection, table: str) -> None:
    assert rights(owner_connection, "rex_app", table) == {"SELECT", "INSERT"}


def test_functions_with_their_owners_rights_take_no_arguments(owner_connection: Connection) -> None:
    functions = column(
        owner_connection,
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronargs > 0 AND pronamespace = 'public'::regnamespace",
    )

    assert not functions


def test_the_moves_in_the_table_are_the_moves_of_the_code(owner_connection: Connection) -> None:
    stored = owner_connection.execute("SELECT before, after FROM mission_moves").fetchall()

    assert {(str(before), str(after)) for before, after in stored} == {(str(b), str(a)) for b, a in all_moves()}


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(alembic()).get_heads()) == 1


def test_the_models_are_what_the_migrations_make(database: Services) -> None:
    engine = create_engine(database.database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()

    assert not differences


def test_the_migrations_go_down_to_nothing_and_up_again(scratch: str) -> None:
    command.upgrade(alembic(scratch), "head")
    first = schema(scratch)
    command.downgrade(alembic(scratch), "base")
    assert "CREATE TABLE public.leads" not in schema(scratch)
    command.upgrade(alembic(scratch), "head")

    assert schema(scratch) == first


def alembic(url: str = "") -> Config:
    found = Config(CHECKOUT / "alembic.ini")
    if url:
        found.attributes["url"] = url
    return found


def column(connection: Connection, query: str) -> set[str]:
    return {str(row[0]) for row in connection.execute(query.encode()).fetchall()}


def rights(connection: Connection, role: str, table: str) -> set[str]:
    """What a role may do with any column of a table."""
    wanted = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
    columns = {"SELECT", "INSERT", "UPDATE"}
    held = set()
    for right in wanted:
        asks = "has_any_column_privilege" if right in columns else "has_table_privilege"
        row = connection.execute(f"SELECT {asks}(%s, %s, %s)".encode(), [role, table, right]).fetchone()
        if row and row[0]:
            held.add(right)
    return held


def schema(url: str) -> str:
    """The whole schema as text, in an order of its own."""
    plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(plain) as connection:
        asked = connection.execute("SELECT to_regclass('public.mission_moves') IS NOT NULL").fetchone()
        parts = SCHEMA.split(";")[: None if asked == (True,) else -1]
        return "\n".join(line for part in parts for line in sorted(column(connection, part)))
