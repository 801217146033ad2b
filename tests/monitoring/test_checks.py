from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import create_engine

from rex_celery import crews, db
from rex_celery.embedded import ports
from rex_celery.monitoring import checks, workers
from rex_celery.monitoring.checks import Check

Owner = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def unreachable_postgres(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing listens where REX looks for Postgres."""
    nowhere = create_engine(f"postgresql+psycopg://nobody@127.0.0.1:{ports.free_port()}/rex")
    monkeypatch.setattr(db, "engine", lambda: nowhere)
    yield
    nowhere.dispose()


def _named(name: str) -> Check:
    return next(check for check in checks.readiness() if check.name == name)


def test_all_is_well_when_everything_runs(empty_engine: None, owner_connection: Owner) -> None:
    owner_connection.execute("INSERT INTO ticks (job, slot) VALUES ('top_up', 1)")
    for queue in crews.QUEUES:
        workers.beat(queue, "worker@here")
    found = checks.readiness()
    assert [check.detail for check in found if not check.ok] == []
    assert [check.name for check in found[:4]] == ["postgres", "redis", "migrations", "beat"]
    assert len(found) == 4 + len(crews.QUEUES)


def test_a_crew_without_a_worker_is_named(empty_engine: None) -> None:
    workers.beat("control", "worker@here")
    assert _named("workers control").ok
    assert _named("workers crew.campaign") == Check("workers crew.campaign", ok=False, detail="no worker(s)")


def test_a_dead_beat_is_noticed(empty_engine: None, owner_connection: Owner) -> None:
    assert _named("beat") == Check("beat", ok=False, detail="the timetable never ran")
    owner_connection.execute("INSERT INTO ticks (job, slot, at) VALUES ('top_up', 1, now() - interval '11 seconds')")
    assert not _named("beat").ok
    assert "last tick 11" in _named("beat").detail


def test_old_tables_are_noticed(owner_connection: Owner) -> None:
    owner_connection.execute("UPDATE alembic_version SET version_num = '0001'")
    try:
        check = _named("migrations")
        assert not check.ok
        assert "0001" in check.detail
    finally:
        (head,) = checks.newest_migrations()
        owner_connection.execute("UPDATE alembic_version SET version_num = %s", [head])
    assert _named("migrations").ok


def test_a_redis_that_is_away_is_said_to_be(empty_engine: None, unreachable_redis: None) -> None:
    found = {check.name: check for check in checks.readiness()}
    assert not found["redis"].ok
    assert "does not answer" in found["redis"].detail
    assert not found["workers control"].ok
    assert found["postgres"].ok


def test_a_postgres_that_is_away_is_said_to_be(empty_engine: None, unreachable_postgres: None) -> None:
    found = {check.name: check for check in checks.readiness()}
    assert found["redis"].ok
    for name in ("postgres", "migrations", "beat"):
        assert not found[name].ok
        assert "Postgres does not answer" in found[name].detail


def test_a_database_without_tables_is_told_from_one_that_is_away(owner_connection: Owner) -> None:
    owner_connection.execute("ALTER TABLE alembic_version RENAME TO alembic_version_away")
    try:
        check = _named("migrations")
    finally:
        owner_connection.execute("ALTER TABLE alembic_version_away RENAME TO alembic_version")
    assert not check.ok
    assert "alembic_version" in check.detail
