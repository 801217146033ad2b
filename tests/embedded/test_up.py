"""The whole of `rex up` with its real processes: ready, attached to, hurt, stopped."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from rex_celery.config import CHECKOUT
from rex_celery.embedded import ports, postgres
from rex_celery.embedded.home import Home
from rex_celery.embedded.processes import PROCESSES

PROGRAM = """
import sys
from rex_celery import config
from rex_celery.embedded import up
from rex_celery.errors import RefusedError
try:
    sys.exit(up.run(config.settings(), lambda: ("  told once",)))
except RefusedError as error:
    sys.exit(f"{error.code}: {error.detail} {error.action}")
"""

# Ctrl-C at the moment between "it is ready" and the first turn: the second record is written just there.
STOPPED_AT_ONCE = (
    """
import os, signal
from rex_celery.embedded import record
write, written = record.write, []
def interrupted(home, now):
    write(home, now)
    written.append(now)
    if len(written) == 2:
        os.kill(os.getpid(), signal.SIGINT)
record.write = interrupted
"""
    + PROGRAM
)


# What `rex demo` does around its mission.
DEMO = """
from rex_celery import config
from rex_celery.embedded import readiness, up
with up.running(config.settings(), lambda: ()) as instance:
    print("attached", instance.attached, "ready", readiness.ask(instance.settings).ready, flush=True)
print("left", flush=True)
"""


class Up:
    """`rex up` in a process of its own, and what it printed so far."""

    def __init__(self, home: Path, chosen: dict[str, str], program: str = PROGRAM) -> None:
        environment = {"PATH": os.defpath, "HOME": "/", "REX_HOME": str(home), "PYTHONPATH": str(CHECKOUT), **chosen}
        self.process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        self.printed = ""

    def until(self, words: str) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.printed += line
            if words in line:
                return
        pytest.fail(f"it ended and never said {words!r}:\n{self.printed}")

    def end(self) -> int:
        self.printed += self.process.communicate(timeout=60)[0]
        return self.process.returncode


@contextmanager
def _up(home: Path, chosen: dict[str, str], program: str = PROGRAM) -> Iterator[Up]:
    started = Up(home, chosen, program)
    try:
        yield started
    finally:
        started.process.kill()
        started.process.wait()
        if started.process.stdout:
            started.process.stdout.close()


@pytest.fixture
def chosen() -> dict[str, str]:
    names = ("REX_PORT", "REX_LIVE_PORT", "REX_FLOWER_PORT")
    return {name: str(ports.free_port()) for name in names}


def test_from_nothing_to_ready_and_in_order_back_to_nothing(home: Path, chosen: dict[str, str]) -> None:
    with _up(home, chosen) as first:
        first.until("Ctrl-C stops everything")
        assert re.search(r"REX is ready.* after [\d.]+ s", first.printed)
        assert f"http://127.0.0.1:{chosen['REX_PORT']}" in first.printed
        assert "told once" in first.printed
        assert _status(chosen["REX_PORT"], "/api/rex/health/ready") == 200
        assert _status(chosen["REX_FLOWER_PORT"], "/") == 200

        with _up(home, chosen) as second:
            assert second.end() == 0
            assert "is running already" in second.printed
            assert f"http://127.0.0.1:{chosen['REX_PORT']}" in second.printed

        with _up(home, chosen, DEMO) as demo:
            assert demo.end() == 0
            assert "attached True ready True" in demo.printed

        pids = json.loads(Home(home).up_file.read_text())["pids"]
        assert set(pids) == {process.name for process in PROCESSES}
        os.kill(pids["campaign"], signal.SIGKILL)
        first.until("campaign was killed by SIGKILL; it is started again in 0.5 s")

        os.kill(int((home / "valkey" / "pid").read_text()), signal.SIGKILL)
        first.until("Valkey ended; started again on its port")

        first.process.kill()

    with _up(home, chosen, STOPPED_AT_ONCE) as third:
        assert third.end() == 0
    assert re.search(r"REX is ready[\s\S]*Everything is stopped", third.printed)

    with _up(home, chosen) as third:
        third.until("Ctrl-C stops everything")
        started = psutil.Process(third.process.pid).children(recursive=True)
        third.process.send_signal(signal.SIGINT)
        assert third.end() == 0
    assert "Everything is stopped." in third.printed
    assert not psutil.wait_procs(started, timeout=10)[1]
    assert not [pid for pid in pids.values() if psutil.pid_exists(pid)]
    assert postgres.running_port(home / "postgres") is None
    assert not Home(home).up_file.exists()


def test_a_demo_has_a_rex_for_as_long_as_it_lasts(home: Path, chosen: dict[str, str]) -> None:
    with _up(home, chosen, DEMO) as demo:
        demo.until("attached False ready True")
        started = psutil.Process(demo.process.pid).children(recursive=True)
        assert demo.end() == 0
    assert len(started) > len(PROCESSES)
    assert not psutil.wait_procs(started, timeout=10)[1]
    assert postgres.running_port(home / "postgres") is None


def test_a_busy_port_is_told_before_anything_is_started(home: Path, chosen: dict[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(chosen["REX_LIVE_PORT"])))
        other.listen()
        with _up(home, chosen) as one:
            assert one.end() == 1
    assert f"port_busy: Port {chosen['REX_LIVE_PORT']} is already in use" in one.printed
    assert "set REX_LIVE_PORT to another port" in one.printed
    assert not (home / "postgres").exists()


def test_a_redis_that_does_not_answer_is_told_before_anything_is_started(home: Path, chosen: dict[str, str]) -> None:
    with _up(home, {**chosen, "REDIS_URL": f"redis://127.0.0.1:{ports.free_port()}/0"}) as one:
        assert one.end() == 1
    assert "redis_unavailable: The Redis at redis://127.0.0.1:" in one.printed
    assert not (home / "postgres").exists()


def _status(port: str, path: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return int(answer.status)
