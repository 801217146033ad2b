"""Postgres started by root and by ordinary people, in open and in closed folders."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from rex_celery.embedded import account, services


def _owner_of_the_server(home: Path) -> int:
    pid = (home / "postgres" / "data" / "postmaster.pid").read_text().split()[0]
    return Path(f"/proc/{pid}").stat().st_uid


def _answers(url: str) -> bool:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def test_root_has_postgres_run_as_a_service_account(home: Path, as_root: None) -> None:
    assert _answers(services.ensure(home).database_url)
    assert _owner_of_the_server(home) != 0
    assert (home / "postgres").stat().st_mode & 0o077 == 0


def test_root_s_folder_may_be_closed_to_others_and_opened_again(home: Path, as_root: None) -> None:
    services.ensure(home)
    services.stop(home)
    home.parent.chmod(0o700)
    assert account.choose(home / "postgres").prefix == account.UNSHARE
    assert _answers(services.ensure(home).database_url)
    services.stop(home)
    home.parent.chmod(0o711)
    assert _answers(services.ensure(home).database_url)


def test_a_copy_of_the_binaries_runs_from_where_it_was_put(home: Path, as_root: None) -> None:
    account_of_its_own = account.Account(65534, 65534, install=account.copy_binaries(home.parent / "copies"))
    assert "18." in account_of_its_own.run("postgres", ["--version"]).stdout


def test_an_ordinary_person_needs_no_rights_at_all(home: Path, as_root: None) -> None:
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c")
    version = subprocess.run([*nobody, "import sys; print(sys.version)"], capture_output=True, text=True, check=False)
    if version.stdout.strip() != sys.version.strip():
        pytest.skip("root's Python is closed to others here")
    home.mkdir()
    os.chown(home, 65534, 65534)
    program = (
        "import sys; from pathlib import Path; from rex_celery.embedded import services\n"
        "with services.using(Path(sys.argv[1])): print('runs as', Path(sys.argv[1], 'postgres').owner())"
    )
    done = subprocess.run(
        [*nobody, program, str(home)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"PATH": os.defpath, "PYTHONPATH": str(Path(account.__file__).parents[2])},
    )
    assert done.stdout == "runs as nobody\n", done.stderr
