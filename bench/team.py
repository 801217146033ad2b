"""Processes under measurement: started as one team, counted as one, stopped as one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from rex_celery.embedded.processes import PROCESSES


class Team:
    """The processes of one side; what they say is in ``logs``."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[psutil.Popen] = []

    def run(
        self, name: str, *command: str, settings: dict[str, str] | None = None, without: Iterable[str] = ()
    ) -> None:
        """Start a program of this installation with settings of its own, ``without`` some of the stage's."""
        words = [*(word for key in without for word in ("-u", key))]
        words += [f"{key}={value}" for key, value in (settings or {}).items()]
        program = [str(Path(sys.executable).parent / command[0]), *command[1:]]
        with (self._logs / f"bench-{name}.log").open("ab") as log:
            started = psutil.Popen(["env", *words, *program], stdout=log, stderr=log, start_new_session=True)
        self._running.append(started)

    def rex(self, name: str, *more: str, settings: dict[str, str] | None = None) -> None:
        """Start one of REX's own processes with the command of the Procfile."""
        process = next(one for one in PROCESSES if one.name == name)
        self.run(name, *process.command, *more, settings=(settings or {}) | process.environment)

    def processes(self) -> list[psutil.Process]:
        return list(self._running)

    def stop(self) -> None:
        """Stop the processes and all their children at once; what they had in hand does not matter any more."""
        for process in self._running:
            with _gone_is_fine():
                os.killpg(process.pid, signal.SIGKILL)
        for process in self._running:
            process.wait()
        self._running.clear()


@contextmanager
def team(logs: Path) -> Iterator[Team]:
    """A team that is stopped at the end of the block."""
    members = Team(logs)
    try:
        yield members
    finally:
        members.stop()


def cpu_seconds(roots: Iterable[psutil.Process]) -> float:
    """User and system time that these processes and all their children, living or reaped, have used so far."""
    total = 0.0
    for root in roots:
        for process in (root, *root.children(recursive=True)):
            with _gone_is_fine():
                total += sum(process.cpu_times()[:4])
    return total


def see(what: str, found: object, expected: object) -> None:
    """A figure stands only for work that was done right.

    Raises:
        ValueError: it was not.

    """
    if found != expected:
        raise ValueError(f"{what}: {found}, where {expected} is right")


def wait_until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Look fifty times a second until it holds.

    Raises:
        TimeoutError: it did not come to be.

    """
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    try:
        yield
    except (psutil.NoSuchProcess, ProcessLookupError, subprocess.SubprocessError):
        return
