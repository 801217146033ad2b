"""What every test may ask for: the servers that come with REX, a database of its own per worker, a tenant per test."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import hypothesis
import psycopg
import pytest
from alembic.config import Config
from psycopg import sql

from alembic import command
from rex_celery import broker, config, db, redis
from rex_celery.embedded import locks, services
from rex_celery.embedded.services import Services
from tests.factories import a_tenant

hypothesis.settings.register_profile("rex", deadline=None)
hypothesis.settings.load_profile("rex")

TEMPLATE = "rex_template"
HOME = pytest.StashKey[Path]()
# What a mission leaves behind, and what the engine keeps about it.
ENGINE_TABLES = "missions, steps, chunks, ticks, crew_slots, events, event_heads, dead_letters, messages, outbox"


def pytest_configure(config: pytest.Config) -> None:
    """One folder for the whole run, whatever the number of processes, and nothing of the machine's own settings."""
    given = getattr(config, "workerinput", {}).get("rex_home")
    home = Path(given or tempfile.mkdtemp(prefix="rex-tests-"))
    # Started by root, Postgres runs as another account, which must be able to pass through.
    home.chmod(0o711)
    config.stash[HOME] = home
    for name in [name for name in os.environ if name.startswith(("REX_", "PG")) or name in _ADDRESSES]:  # noqa: TID251
        del os.environ[name]  # noqa: TID251
    os.environ["REX_HOME"] = str(home)  # noqa: TID251  children and settings() read it


_ADDRESSES = ("DATABASE_URL", "REDIS_URL")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tell a process of pytest-xdist where the run's folder is."""
    node.workerinput["rex_home"] = str(node.config.stash[HOME])  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers and remove the folder, when the last process is done."""
    if hasattr(config, "workerinput"):
        return
    home = config.stash[HOME]
    services.stop(home)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def database(pytestconfig: pytest.Config, worker_id: str) -> Iterator[Services]:
    """Running servers; a migrated database and a Redis number that only this process of the run uses."""
    home = pytestconfig.stash[HOME]
    started = services.ensure(home)
    number = 1 + int(worker_id.removeprefix("gw") or 0) % 15 if worker_id != "master" else 0
    with locks.held(home / "template.lock"):
        _clone(started, f"rex_{worker_id}")
    mine = replace(
        started,
        database_url=_at(started.database_url, f"rex_{worker_id}"),
        app_database_url=_at(started.app_database_url, f"rex_{worker_id}"),
        redis_url=started.redis_url.removesuffix("/0") + f"/{number}",
    )
    services.use(mine)
    _forget_connections()
    yield mine
    _forget_connections()


@pytest.fixture
def tenant(database: Services) -> UUID:
    """A fresh tenant; row-level security keeps the test apart from all others."""
    with db.control() as session:
        return a_tenant(session)


@pytest.fixture
def other_tenant(database: Services) -> UUID:
    """Another one, whose rows must never be seen."""
    with db.control() as session:
        return a_tenant(session)


@pytest.fixture
def owner_connection(database: Services) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The owner's own connection, to which row-level security does not apply; every statement commits."""
    with psycopg.connect(_plain(database.database_url), autocommit=True) as connection:
        yield connection


@pytest.fixture
def empty_engine(owner_connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """No mission of any tenant and an empty Redis, for tests of what works across tenants."""
    owner_connection.execute(f"TRUNCATE {ENGINE_TABLES} CASCADE")
    redis.client().flushdb()


def _clone(started: Services, name: str) -> None:
    """Migrate once a run, copy for each process: a copy takes a tenth of the time."""
    with psycopg.connect(_plain(started.database_url), autocommit=True) as connection:
        known = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        if TEMPLATE not in known:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
            migrate(_at(started.database_url, TEMPLATE))
            services.grant_roles(started)
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(copy.format(sql.Identifier(name), sql.Identifier(TEMPLATE)))


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database at this address to a revision."""
    alembic = Config(config.CHECKOUT / "alembic.ini")
    alembic.attributes["url"] = url
    command.upgrade(alembic, revision)


def _at(url: str, name: str) -> str:
    return url.rpartition("/")[0] + "/" + name


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _forget_connections() -> None:
    """Settings, engine and Redis client are made once a process; here their addresses change."""
    if db.engine.cache_info().currsize:
        db.engine().dispose()
    if redis.client.cache_info().currsize:
        redis.client().close()
    db.engine.cache_clear()
    redis.client.cache_clear()
    broker.app.cache_clear()
    config.settings.cache_clear()
