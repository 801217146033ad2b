import socket
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import redis
from sqlalchemy import create_engine

from rex_celery import db
from rex_celery.config import Settings
from rex_celery.embedded import ports, valkey
from rex_celery.embedded.services import Services
from rex_celery.embedded.valkey import Store
from rex_celery.monitoring import services
from rex_celery.monitoring.machine import Finding

Owner = psycopg.Connection[tuple[object, ...]]


def _found(settings: Settings | None = None) -> dict[str, Finding]:
    return {finding.name: finding for finding in services.look(settings or Settings())}


def test_the_servers_that_come_with_rex_are_set_as_they_should_be(database: Services) -> None:
    found = _found()
    for name in ("postgres", "redis", "migrations", "tenants kept apart", "redis appendonly"):
        assert found[name].ok, found[name]
    assert found["redis maxmemory-policy"].detail == "noeviction"
    assert "mail server" not in found


def test_what_does_not_run_has_an_action(empty_engine: None) -> None:
    found = _found()
    assert not found["beat"].ok
    assert "rex up" in found["beat"].action
    assert "worker" in found["workers crew.campaign"].action


@pytest.fixture
def own_redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    """A server of this test's own, as its settings hold for all who use it."""
    folder = Store(tmp_path / "valkey", tmp_path / "valkey.log", "secret")
    own = redis.Redis(port=valkey.start(folder), password=folder.password, decode_responses=True)
    monkeypatch.setattr(services, "client", lambda: own)
    yield own
    own.close()
    valkey.stop(folder.folder)


def test_a_redis_that_may_forget_is_told(own_redis: redis.Redis) -> None:
    own_redis.config_set("maxmemory-policy", "allkeys-lru")
    finding = next(services.redis_settings())
    assert (finding.ok, finding.detail) == (False, "allkeys-lru")
    assert "noeviction" in finding.action


def test_a_role_that_could_look_past_the_walls_is_told(
    owner_connection: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A role of the test's own, as roles belong to all databases of the server.
    role = f"too_strong_{uuid4().hex}"
    monkeypatch.setattr(db, "APP_ROLE", role)
    assert services.isolation().detail == f"the role {role} is missing"
    owner_connection.execute(f"CREATE ROLE {role} BYPASSRLS")
    try:
        finding = services.isolation()
    finally:
        owner_connection.execute(f"DROP ROLE {role}")
    assert not finding.ok
    assert "past row-level security" in finding.detail


def test_a_table_without_its_wall_is_told(owner_connection: Owner) -> None:
    owner_connection.execute("ALTER TABLE leads NO FORCE ROW LEVEL SECURITY")
    try:
        finding = services.isolation()
    finally:
        owner_connection.execute("ALTER TABLE leads FORCE ROW LEVEL SECURITY")
    assert (finding.ok, finding.detail) == (False, "not guarded: leads")


def test_a_postgres_that_is_away_is_told_and_nothing_breaks(
    database: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = create_engine(f"postgresql+psycopg://nobody@127.0.0.1:{ports.free_port()}/rex")
    monkeypatch.setattr(db, "engine", lambda: nowhere)
    assert not services.isolation().ok
    nowhere.dispose()


def test_the_mail_server_is_looked_for_where_it_is_said_to_be() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        there = Settings(smtp_host="127.0.0.1", smtp_port=listening.getsockname()[1])
        assert services.mail_server(there).ok
    gone = services.mail_server(there)
    assert not gone.ok
    assert "REX_SMTP_HOST" in gone.action
