from pathlib import Path

import psycopg
import pytest

from rex_celery.embedded import ports
from rex_celery.embedded.services import Services
from tests.cli.conftest import Rex


@pytest.fixture
def no_rex(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home where nothing ever ran, and no server named."""
    monkeypatch.setenv("REX_HOME", str(tmp_path))
    for name in ("DATABASE_URL", "REX_APP_DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_before_the_first_start_there_is_no_database_to_ask(rex: Rex, no_rex: Path) -> None:
    said = rex("keys", "list")
    assert said.code == 1
    assert "rex up" in said.err
    assert list(no_rex.iterdir()) == []


def test_the_doctor_says_that_rex_was_never_started(rex: Rex, no_rex: Path) -> None:
    said = rex("doctor")
    assert said.code == 1
    assert "REX was never started here" in said.out
    assert "rex up" in said.out


def test_without_any_key_the_person_is_told_where_one_would_be(rex: Rex, no_rex: Path) -> None:
    said = rex("missions", "list")
    assert said.code == 1
    assert str(no_rex / "api-key") in said.err


def test_a_kept_key_of_which_nobody_answers_is_no_key_problem(rex: Rex, no_rex: Path) -> None:
    (no_rex / "api-key").write_text("rex_00000000_kept\n")
    said = rex("missions", "list")
    assert said.code == 1
    assert "does not answer" in said.err


def test_a_database_without_tables_is_told_with_the_command_that_makes_them(
    rex: Rex, database: Services, monkeypatch: pytest.MonkeyPatch, owner_connection: psycopg.Connection[tuple[object]]
) -> None:
    owner_connection.execute("ALTER TABLE tenants RENAME TO tenants_away")
    try:
        said = rex("tenants", "list")
    finally:
        owner_connection.execute("ALTER TABLE tenants_away RENAME TO tenants")
    assert said.code == 1
    assert "rex migrate" in said.err


def test_a_database_that_is_away_is_told(rex: Rex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rex_celery import db

    db.engine.cache_clear()
    nowhere = f"postgresql://nobody@127.0.0.1:{ports.free_port()}/rex"
    monkeypatch.setenv("DATABASE_URL", nowhere)
    monkeypatch.setenv("REX_APP_DATABASE_URL", nowhere)
    try:
        said = rex("tenants", "list")
    finally:
        db.engine.cache_clear()
    assert said.code == 1
    assert "Postgres does not answer" in said.err
    assert "rex doctor" in said.err
