"""Postgres and Redis for this installation: one's own servers if they are named, else those that come with REX."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rex_celery import config
from rex_celery.embedded import locks, logins, postgres, valkey
from rex_celery.embedded.home import Home, State, load_state, new_state, open_home, save_state


@dataclass(frozen=True, slots=True)
class Given:
    """Addresses the person named; an empty one means the server that comes with REX."""

    database_url: str = ""
    app_database_url: str = ""
    redis_url: str = ""
    secret_key: str = ""


@dataclass(frozen=True, slots=True)
class Services:
    """Where everything is, for this process and its children."""

    home: Home
    database_url: str
    app_database_url: str
    redis_url: str
    secret_key: str

    def environment(self) -> dict[str, str]:
        """What a child process must be told."""
        return {
            "REX_HOME": str(self.home.path),
            "DATABASE_URL": self.database_url,
            "REX_APP_DATABASE_URL": self.app_database_url,
            "REDIS_URL": self.redis_url,
            "REX_SECRET_KEY": self.secret_key,
        }


def given(settings: config.Settings) -> Given:
    """What of this stands in the settings. ``Settings`` fills the application's address in from the owner's."""
    return Given(
        settings.database_url, settings.app_database_url, settings.redis_url, settings.secret_key.get_secret_value()
    )


def ensure(path: Path, known: Given = Given()) -> Services:
    """Start what is not running, attach to what is, and say where it all is. What runs stays running.

    Raises:
        RefusedError: a folder, disk, port or version is not as it must be; says what to do.
        UnavailableError: a server does not start; says why.

    """
    home = open_home(path)
    with locks.held(home.lock("services")):
        state = _state(home)
        state = _start(home, state, known)
        save_state(home, state)
    return Services(
        home,
        known.database_url or state.database_url,
        known.app_database_url or known.database_url or state.app_database_url,
        known.redis_url or state.redis_url,
        known.secret_key or state.secret_key,
    )


@contextmanager
def using(path: Path, known: Given = Given()) -> Iterator[Services]:
    """Have the services for the block; whoever leaves last stops the servers that come with REX."""
    home = open_home(path)
    with locks.held(home.lock("services")):
        mine = locks.take(home.lock("users"), shared=True, wait=True)
    try:
        yield ensure(path, known)
    finally:
        if mine is not None:
            locks.let_go(mine)
        _stop_unless_used(home)


def attach(settings: config.Settings) -> config.Settings:
    """The settings of this process with the addresses of the servers that were started for this REX_HOME.

    For processes that a person starts by hand beside ``rex up``: a second worker on a queue, a Python shell.
    """
    state = load_state(settings.home)
    if state is None or (settings.database_url and settings.redis_url):
        return settings
    known = given(settings)
    return use(
        Services(
            Home(settings.home),
            known.database_url or state.database_url,
            known.app_database_url or known.database_url or state.app_database_url,
            known.redis_url or state.redis_url,
            known.secret_key or state.secret_key,
        )
    )


def use(services: Services) -> config.Settings:
    """Let this process and its children work with these services."""
    os.environ.update(services.environment())  # noqa: TID251  the one place where it is written
    config.settings.cache_clear()
    return config.settings()


def stop(path: Path) -> None:
    """Stop the servers that come with REX, whoever uses them."""
    postgres.stop(Home(path).postgres)
    valkey.stop(Home(path).valkey)


def grant_roles(services: Services) -> None:
    """Let the application's login, where it has one of its own, take the roles that the migrations made."""
    logins.grant(services.database_url, services.app_database_url)


def _state(home: Home) -> State:
    state = load_state(home.path)
    if state:
        return state
    # The passwords were lost, or never were: what still runs cannot be spoken to.
    stop(home.path)
    state = new_state()
    cluster = _cluster(home, state)
    if cluster.data.exists():
        postgres.set_password(cluster)
    save_state(home, state)
    return state


def _start(home: Home, state: State, known: Given) -> State:
    store = valkey.Store(home.valkey, home.logs / "valkey.log", state.valkey_password)
    with ThreadPoolExecutor(2) as both:
        database = None if known.database_url else both.submit(_start_postgres, home, state)
        redis = None if known.redis_url else both.submit(valkey.start, store, port=state.valkey_port)
    return replace(
        state,
        postgres_port=database.result() if database else state.postgres_port,
        valkey_port=redis.result() if redis else state.valkey_port,
    )


def _start_postgres(home: Home, state: State) -> int:
    was_running = postgres.running_port(home.postgres)
    port = postgres.start(_cluster(home, state), port=state.postgres_port)
    if was_running is None:
        logins.create(replace(state, postgres_port=port))
    return port


def _cluster(home: Home, state: State) -> postgres.Cluster:
    return postgres.Cluster(home.postgres, home.logs / "postgres.log", state.owner_password)


def _stop_unless_used(home: Home) -> None:
    with locks.held(home.lock("services")):
        last = locks.take(home.lock("users"))
        if last is not None:
            try:
                stop(home.path)
            finally:
                locks.let_go(last)
