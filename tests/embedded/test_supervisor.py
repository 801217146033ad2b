"""Processes that are started, shown, started again and stopped in order. The processes are real."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic

import psutil
import pytest

from rex_celery.embedded.console import Screen
from rex_celery.embedded.processes import Process, Turn
from rex_celery.embedded.supervisor import Supervisor

Team = Callable[..., Supervisor]
Until = Callable[[Supervisor, Callable[[], bool]], None]

SLEEPS = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)


def _process(name: str, program: str, turn: Turn = Turn.DOORS) -> Process:
    return Process(name, ("python", "-c", program), turn, forked=False)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "rex.log"


@pytest.fixture
def team(log: Path) -> Iterator[Team]:
    made: list[Supervisor] = []

    def make(*processes: Process) -> Supervisor:
        screen = Screen(log, tuple(process.name for process in processes))
        supervisor = Supervisor(processes, {"TEAM": "rex"}, screen)
        made.append(supervisor)
        supervisor.prepare()
        supervisor.start()
        return supervisor

    yield make
    for supervisor in made:
        _stop_at_once(supervisor)
        supervisor.screen.__exit__()


def _stop_at_once(supervisor: Supervisor) -> None:
    with suppress(OSError):  # the test stopped it itself
        supervisor.ask_to_stop()
        supervisor.ask_to_stop()
        supervisor.stop()


def _until(supervisor: Supervisor, true: Callable[[], bool]) -> None:
    end = monotonic() + 20
    while not true():
        assert monotonic() < end
        supervisor.turn(0.05)


def test_each_line_has_its_process_before_it(team: Team, log: Path) -> None:
    supervisor = team(_process("short", "print('one'); print('two')"), _process("a_long_name", "print('three')"))
    _until(supervisor, lambda: "two" in log.read_text() and "three" in log.read_text())
    assert "short       | one" in log.read_text()
    assert "a_long_name | three" in log.read_text()


def test_a_process_is_told_the_environment(team: Team, log: Path) -> None:
    supervisor = team(_process("a", "import os; print('team', os.environ['TEAM'])"))
    _until(supervisor, lambda: "team rex" in log.read_text())


def test_a_process_that_dies_is_started_again_and_that_is_said(team: Team, log: Path) -> None:
    supervisor = team(_process("a", SLEEPS))
    _until(supervisor, lambda: "up" in log.read_text())
    first = supervisor.pids["a"]
    os.kill(first, signal.SIGKILL)
    _until(supervisor, lambda: supervisor.pids.get("a", first) != first)
    assert "a was killed by SIGKILL; it is started again in 0.5 s" in log.read_text()


def test_one_that_dies_again_and_again_is_waited_for_longer_each_time(team: Team, log: Path) -> None:
    supervisor = team(_process("a", "raise SystemExit(3)"))
    _until(supervisor, lambda: "again in 1 s" in log.read_text())
    assert "a ended with code 3; it is started again in 0.5 s" in log.read_text()
    _until(supervisor, lambda: "again in 2 s" in log.read_text())


def test_one_that_cannot_be_found_says_so(team: Team, log: Path) -> None:
    supervisor = team(Process("a", ("no-such-program",), forked=False))
    _until(supervisor, lambda: "no-such-program: No such file or directory" in log.read_text())


def test_the_doors_are_closed_before_the_workers_stop(team: Team, log: Path) -> None:
    says = (
        "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit('bye'))\nprint('up', flush=True)\n"
    )
    supervisor = team(
        _process("worker", says + "time.sleep(600)", Turn.WORKERS), _process("door", says + "time.sleep(600)")
    )
    _until(supervisor, lambda: log.read_text().count("up") == 2)
    supervisor.stop()
    told = log.read_text()
    assert told.index("door   | bye") < told.index("door stopped") < told.index("worker | bye")


def test_a_second_request_to_stop_does_not_wait(team: Team, log: Path) -> None:
    supervisor = team(_process("a", STUBBORN, Turn.WORKERS))
    _until(supervisor, lambda: "up" in log.read_text())
    pid, began = supervisor.pids["a"], monotonic()
    _stop_at_once(supervisor)
    assert monotonic() - began < 10
    assert not psutil.pid_exists(pid)


def test_what_a_process_started_itself_does_not_outlive_it(team: Team, log: Path) -> None:
    program = (
        "import subprocess, sys, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print('child', child.pid, flush=True); time.sleep(600)"
    )
    supervisor = team(_process("a", program, Turn.WORKERS))
    _until(supervisor, lambda: "child" in log.read_text())
    child = int(log.read_text().split("child ")[1].split()[0])
    _stop_at_once(supervisor)
    _gone(child)


def test_all_go_on_when_the_process_that_starts_them_is_killed(team: Team, log: Path) -> None:
    supervisor = team(_process("a", SLEEPS))
    _until(supervisor, lambda: "up" in log.read_text())
    first = supervisor.pids["a"]
    psutil.Process(first).parent().kill()  # type: ignore[union-attr]
    _until(supervisor, lambda: supervisor.pids.get("a", first) != first)
    _gone(first)


def test_nothing_is_left_when_the_supervisor_itself_is_killed(log: Path) -> None:
    program = f"""
from pathlib import Path
from rex_celery.embedded.console import Screen
from rex_celery.embedded.processes import Process
from rex_celery.embedded.supervisor import Supervisor
team = [Process("a", ("python", "-c", {SLEEPS!r}), forked=False)]
supervisor = Supervisor(team, {{}}, Screen(Path({str(log)!r}), ("a",)))
supervisor.prepare()
supervisor.start()
while True:
    supervisor.turn(1)
    print(*supervisor.pids.values(), flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        pid = next(int(word) for line in owner.stdout for word in line.split() if word.isdigit())
        owner.kill()
    _gone(pid)


def test_a_fork_runs_as_if_started_from_the_shell(team: Team, log: Path) -> None:
    supervisor = team(Process("a", ("python", "-m", "this")), Process("b", ("python", "-m", "no_such_module")))
    _until(supervisor, lambda: "Namespaces are one honking great idea" in log.read_text())
    _until(supervisor, lambda: "No module named no_such_module" in log.read_text())


def test_a_terminal_that_was_closed_stops_rex(team: Team, log: Path) -> None:
    supervisor = team(_process("a", SLEEPS))
    supervisor.screen.gone = True
    assert supervisor.turn(0.01) is False


def _gone(pid: int) -> None:
    try:
        psutil.Process(pid).wait(timeout=15)
    except psutil.NoSuchProcess:
        return
