"""The whole of REX, started by the rex command as a person starts it, and spoken to by its other commands."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rex_celery.config import CHECKOUT
from rex_celery.embedded import ports, servers, services
from tests.cli.conftest import LIST

pytestmark = pytest.mark.timeout(240)
REX = (sys.executable, "-m", "rex_celery.cli.main")
# Two rows of one person, a customer, and a person of whom nothing is known.
MORE = """Grace Hopper,GRACE@example.com,,2026-08-02,Email,1,Prospecting,5000
Won Already,won@example.com,,2026-07-01,Call,2,Closed Won,9000
No History,history@example.com,,,,,,
"""


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    """A home and ports of this file's own, and no server named."""
    home = Path(tempfile.mkdtemp(prefix="rex-whole-"))
    home.chmod(0o711)  # started by root, Postgres runs as another account, which must pass through
    known = {name: value for name, value in os.environ.items() if not name.startswith("REX_")}  # noqa: TID251
    for name in ("DATABASE_URL", "REDIS_URL"):
        known.pop(name, None)
    free = {name: str(ports.free_port()) for name in ("REX_PORT", "REX_LIVE_PORT", "REX_FLOWER_PORT")}
    yield {**known, **free, "REX_HOME": str(home / "rex")}
    services.stop(home / "rex")
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def sample(environment: dict[str, str]) -> Path:
    path = Path(environment["REX_HOME"]).parent / "sample.csv"
    path.write_text(LIST + MORE, "utf-8")
    return path


@pytest.fixture(scope="module")
def up(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """`rex up`, ready."""
    with subprocess.Popen([*REX, "up"], env=environment, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        said = []
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if "Ctrl-C stops everything" in line:
                break
        else:
            pytest.fail("".join(said))
        process.said = "".join(said)  # type: ignore[attr-defined]  # for the tests to read
        yield process
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(120) == 0, rest
        assert "Everything is stopped" in rest


def _rex(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """One command, told of the installation only by its home."""
    known = {name: value for name, value in environment.items() if not name.endswith("PORT")}
    return subprocess.run(
        [*REX, *words], env=known, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=200
    )


def test_the_first_key_is_shown_once_and_kept_where_only_its_owner_reads_it(
    up: subprocess.Popen[str], environment: dict[str, str]
) -> None:
    kept = Path(environment["REX_HOME"]) / "api-key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.read_text().strip() in up.said  # type: ignore[attr-defined]


def test_the_commands_find_the_running_rex_and_its_key_by_themselves(
    up: subprocess.Popen[str], environment: dict[str, str]
) -> None:
    listed = _rex(environment, "missions", "list", "--json")
    assert (listed.returncode, listed.stderr) == (0, "")
    (tenant,) = json.loads(_rex(environment, "tenants", "list", "--json").stdout)
    assert tenant["name"]


def test_the_doctor_finds_a_running_rex_well(up: subprocess.Popen[str], environment: dict[str, str]) -> None:
    said = _rex(environment, "doctor", "--json")
    wrong = [one for one in json.loads(said.stdout) if not one["ok"]]
    # The pages are built before the tests run, but not on every machine where a single test is tried.
    assert [one for one in wrong if one["name"] != "web interface"] == []
    assert said.returncode == (1 if wrong else 0)
    assert "tenants kept apart" in _rex(environment, "doctor").stdout


def test_a_second_rex_is_not_started_on_the_same_home(up: subprocess.Popen[str], environment: dict[str, str]) -> None:
    said = _rex(environment, "up")
    assert said.returncode == 0
    assert "running already" in said.stdout
    assert up.poll() is None


def test_a_demo_beside_a_running_rex_uses_it_and_leaves_it_running(
    up: subprocess.Popen[str], environment: dict[str, str], sample: Path
) -> None:
    said = _rex(environment, "demo", str(sample))
    assert said.returncode == 0, said.stdout + said.stderr
    assert "REX runs already" in said.stdout
    assert up.poll() is None
    _shows_what_came_of_everybody(said.stdout)
    assert re.search(r"Look at it: http://\S+/missions/[0-9a-f-]{36}#sign-in=\S+", said.stdout)
    mission = re.search(r"Mission ([0-9a-f-]{36}) is submitted", said.stdout)
    assert mission
    watched = _rex(environment, "missions", "watch", mission.group(1))
    assert watched.returncode == 0
    assert "completed 100%" in watched.stdout


def test_migrating_a_running_rex_changes_nothing(up: subprocess.Popen[str], environment: dict[str, str]) -> None:
    said = _rex(environment, "migrate")
    assert (said.returncode, said.stderr) == (0, "")
    assert "up to date" in said.stdout
    assert up.poll() is None


def test_a_demo_by_itself_starts_everything_and_stops_what_it_started(sample: Path) -> None:
    home = Path(tempfile.mkdtemp(prefix="rex-demo-"))
    home.chmod(0o711)
    known = {name: value for name, value in os.environ.items() if not name.startswith("REX_")}  # noqa: TID251
    for name in ("DATABASE_URL", "REDIS_URL"):
        known.pop(name, None)
    free = {name: str(ports.free_port()) for name in ("REX_PORT", "REX_LIVE_PORT", "REX_FLOWER_PORT")}
    command = [*REX, "demo", str(sample)]
    environment = {**known, **free, "REX_HOME": str(home / "rex")}
    said = subprocess.run(
        command, env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=200
    )
    assert said.returncode == 0, said.stdout + said.stderr
    _shows_what_came_of_everybody(said.stdout)
    assert re.search(r"`make up` brings it back\. Then look at it: http://\S+/missions/[0-9a-f-]{36}\n", said.stdout)
    assert "ten minutes" not in said.stdout
    for setting, port in free.items():
        ports.require("127.0.0.1", int(port), setting)
    assert servers.wait_until(lambda: not (home / "rex" / "postgres" / "data" / "postmaster.pid").exists(), seconds=5)
    shutil.rmtree(home, ignore_errors=True)


def _shows_what_came_of_everybody(said: str) -> None:
    assert "6 rows = 4 new people + 1 merged + 1 rejected" in said
    (planned, sent, suppressed, skipped, failed, pending) = map(int, _SUM.findall(said)[-1])
    assert planned == 4 == sent + suppressed + skipped + failed + pending
    assert (sent, pending) == (2, 0)
    assert re.search(r"Grace Hopper +email +\w+ +0\.\d\d +\S", said)
    assert re.search(r"Won Already +skipped +The deal was won", said)
    assert "What would help" in said


_SUM = re.compile(r"(\d+) planned = (\d+) sent \+ (\d+) suppressed \+ (\d+) skipped \+ (\d+) failed \+ (\d+) pending")
