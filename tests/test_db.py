"""Transactions: one tenant's rows only, all or nothing, and nothing leaves before the commit."""

from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import config, db
from rex_celery.embedded.services import Services
from rex_celery.errors import UnavailableError
from tests.factories import a_lead

Connection = psycopg.Connection[tuple[object, ...]]
CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE usename = 'rex_login' AND datname = current_database()"
)


def test_a_transaction_commits_at_its_end(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        a_lead(session, tenant)

    assert count(tenant, "leads") == 1


def test_an_error_leaves_nothing_behind(tenant: UUID) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_after(tenant, lambda session: a_lead(session, tenant))

    assert count(tenant, "leads") == 0


def test_the_tenant_of_a_transaction_does_not_stay_on_its_connection(tenant: UUID) -> None:
    with db.transaction(tenant):
        pass
    with db.engine().connect() as connection:
        left = connection.execute(text("SELECT current_setting('rex.tenant', true), current_user")).one()

    assert left[0] in {None, ""}
    assert left[1] == "rex_login"


def test_what_is_held_runs_once_after_the_commit_in_its_order(tenant: UUID) -> None:
    done: list[str] = []
    with db.transaction(tenant) as session:
        db.after_commit(session, lambda: done.append(f"first, {count(tenant, 'leads')} leads stored"))
        db.after_commit(session, lambda: done.append("second"))
        a_lead(session, tenant)
        assert not done

    assert done == ["first, 1 leads stored", "second"]


def test_what_is_held_does_not_run_after_a_rollback(tenant: UUID) -> None:
    done: list[str] = []
    with pytest.raises(ZeroDivisionError):
        fail_after(tenant, lambda session: db.after_commit(session, lambda: done.append("sent")))

    assert not done


def test_a_savepoint_does_not_let_out_what_is_held(tenant: UUID) -> None:
    done: list[str] = []
    with db.transaction(tenant) as session:
        db.after_commit(session, lambda: done.append("sent"))
        with session.begin_nested():
            a_lead(session, tenant)
        assert not done

    assert done == ["sent"]


def test_the_last_statements_run_before_the_commit_and_with_it(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        db.before_commit(session, lambda last: a_lead(last, tenant) and None)

    assert count(tenant, "leads") == 1


def test_a_silent_postgres_is_told_as_such(tenant: UUID, database: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = config.settings().model_copy(update={"app_database_url": "postgresql+psycopg://rex:x@127.0.0.1:1/rex"})
    monkeypatch.setattr(config, "settings", lambda: nobody)
    db.engine().dispose()
    db.engine.cache_clear()
    try:
        with pytest.raises(UnavailableError) as caught:
            count(tenant, "leads")
    finally:
        db.engine.cache_clear()

    assert (caught.value.status, caught.value.code) == (503, "database_unavailable")
    assert caught.value.action


def test_a_connection_that_the_server_cut_is_replaced(
    tenant: UUID, owner_connection: psycopg.Connection[tuple[object, ...]]
) -> None:
    count(tenant, "leads")
    owner_connection.execute(CUT)

    assert count(tenant, "leads") == 0


def count(tenant: UUID, table: str) -> int:
    with db.transaction(tenant) as session:
        return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def fail_after(tenant: UUID, step: Callable[[Session], object]) -> None:
    with db.transaction(tenant) as session:
        step(session)
        raise ZeroDivisionError
