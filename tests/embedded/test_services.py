"""The servers that come with REX: started, shared, attached to, damaged and killed."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis

from rex_celery.embedded import postgres, services, valkey
from rex_celery.embedded.home import Home, load_state
from rex_celery.embedded.services import Given, Services
from rex_celery.errors import RefusedError

Eventually = Callable[[Callable[[], bool]], None]


def _query(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def _postmaster(home: Path) -> int:
    return int((home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


def _client(known: Services) -> "redis.Redis":
    return redis.Redis.from_url(known.redis_url)


def test_a_second_one_attaches_to_what_runs(used_home: Path) -> None:
    first = services.ensure(used_home)
    postmaster = _postmaster(used_home)
    assert services.ensure(used_home) == first
    assert _postmaster(used_home) == postmaster


def test_the_servers_want_their_passwords_and_listen_on_this_machine_only(used_home: Path) -> None:
    known = services.ensure(used_home)
    wrong = known.database_url.replace(str(load_state(used_home).owner_password), "wrong")  # type: ignore[union-attr]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        _query(wrong, "SELECT 1")
    assert _query(known.database_url, "SHOW listen_addresses") == [("127.0.0.1",)]
    assert _query(known.database_url, "SHOW unix_socket_directories") == [("",)]
    with _client(known) as client, pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(known.redis_url.replace("redis://:", "redis://:wrong")).ping()
    assert client.config_get("bind") == {"bind": "127.0.0.1"}


def test_no_password_can_be_read_from_the_list_of_processes(used_home: Path) -> None:
    services.ensure(used_home)
    state = load_state(used_home)
    assert state
    lines = [file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline") if _readable(file)]
    assert not [line for line in lines if state.valkey_password.encode() in line]
    assert not [line for line in lines if state.owner_password.encode() in line]


def test_nothing_is_thrown_away_when_redis_is_short_of_memory(used_home: Path) -> None:
    with _client(services.ensure(used_home)) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}


def test_the_application_s_login_owns_nothing_and_inherits_nothing(used_home: Path) -> None:
    known = services.ensure(used_home)
    rights = "SELECT rolsuper, rolinherit, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    assert _query(known.app_database_url, rights) == [(False, False, False, False)]


def test_the_application_s_login_may_take_the_roles_it_is_granted(used_home: Path) -> None:
    known = services.ensure(used_home)
    for role in ("rex_app", "rex_control"):
        _query(known.database_url, f"CREATE ROLE {role} NOLOGIN")
    services.grant_roles(known)
    assert _query(known.app_database_url, "SELECT set_config('role', 'rex_app', false), current_user") != []
    assert _query(known.app_database_url, "SELECT pg_has_role('rex_app', 'USAGE')") == [(False,)]


def test_killing_both_servers_loses_nothing_that_was_committed(used_home: Path, eventually: Eventually) -> None:
    known = services.ensure(used_home)
    _query(known.database_url, "CREATE TABLE survived AS SELECT 42 AS answer")
    with _client(known) as client:
        client.set("kept", "42")
        os.kill(client.info("server")["process_id"], signal.SIGKILL)
    os.kill(_postmaster(used_home), signal.SIGKILL)
    eventually(lambda: postgres.running_port(used_home / "postgres") is None)
    again = services.ensure(used_home)
    assert _query(again.database_url, "SELECT answer FROM survived") == [(42,)]
    with _client(again) as client:
        assert client.get("kept") == b"42"


def test_stopping_keeps_data_and_ports(used_home: Path) -> None:
    known = services.ensure(used_home)
    _query(known.database_url, "CREATE TABLE IF NOT EXISTS kept (answer int)")
    services.stop(used_home)
    assert postgres.running_port(used_home / "postgres") is None
    assert services.ensure(used_home) == known
    assert _query(known.app_database_url, "SELECT to_regclass('kept') IS NOT NULL") == [(True,)]


def test_lost_passwords_are_replaced_and_the_data_stay(used_home: Path) -> None:
    known = services.ensure(used_home)
    _query(known.database_url, "CREATE TABLE IF NOT EXISTS kept (answer int)")
    Home(used_home).state_file.unlink()
    again = services.ensure(used_home)
    assert again.database_url != known.database_url
    assert _query(again.app_database_url, "SELECT to_regclass('kept') IS NOT NULL") == [(True,)]


def test_a_number_that_belongs_to_another_program_now_does_not_keep_postgres_from_starting(used_home: Path) -> None:
    services.ensure(used_home)
    file = used_home / "postgres" / "data" / "postmaster.pid"
    words = file.read_text()
    services.stop(used_home)
    file.write_text(words.replace(words.split()[0], str(os.getppid()), 1))
    os.chown(file, file.parent.stat().st_uid, -1)
    assert _query(services.ensure(used_home).database_url, "SELECT 1") == [(1,)]


def test_data_of_another_major_version_are_refused_with_the_way_out(used_home: Path) -> None:
    services.ensure(used_home)
    services.stop(used_home)
    version = used_home / "postgres" / "data" / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(RefusedError, match=r"written by PostgreSQL 17; this REX comes with PostgreSQL 18") as refused:
        services.ensure(used_home)
    assert "pg_dump" in refused.value.action
    version.write_text("18\n")


def test_an_interrupted_creation_is_begun_again(home: Path) -> None:
    (home / "postgres" / "data.new").mkdir(parents=True)
    (home / "postgres" / "data.new" / "PG_VERSION").write_text("18\n")
    assert _query(services.ensure(home).database_url, "SELECT 1") == [(1,)]


def test_a_second_valkey_never_runs_on_the_same_folder(used_home: Path) -> None:
    known = services.ensure(used_home)
    store = valkey.Store(used_home / "valkey", used_home / "logs" / "valkey.log", load_state(used_home).valkey_password)  # type: ignore[union-attr]
    with _client(known) as client:
        before = client.info("server")["process_id"]
        assert valkey.is_running(store)
        assert f":{valkey.start(store, port=_port(known))}/" in known.redis_url
        assert client.info("server")["process_id"] == before


def test_who_leaves_last_stops_the_servers(used_home: Path) -> None:
    with services.using(used_home):
        with services.using(used_home) as known:
            assert _query(known.database_url, "SELECT 1") == [(1,)]
        assert postgres.running_port(used_home / "postgres") is not None
    assert postgres.running_port(used_home / "postgres") is None


def test_servers_of_one_s_own_are_used_and_none_is_started(home: Path) -> None:
    known = services.ensure(
        home, Given("postgresql+psycopg://me@db/x", "postgresql+psycopg://app@db/x", "redis://cache/3", "key")
    )
    assert known.environment() == {
        "REX_HOME": str(home),
        "DATABASE_URL": "postgresql+psycopg://me@db/x",
        "REX_APP_DATABASE_URL": "postgresql+psycopg://app@db/x",
        "REDIS_URL": "redis://cache/3",
        "REX_SECRET_KEY": "key",
    }
    assert not (home / "postgres").exists()
    assert not (home / "valkey").exists()


def _port(known: Services) -> int:
    return int(known.redis_url.rsplit(":", 1)[1].split("/")[0])


def _readable(file: Path) -> bool:
    return os.access(file, os.R_OK) and file.exists()
