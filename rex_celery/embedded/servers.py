"""What the embedded servers have in common: asking whether a process lives, stopping it, waiting."""

import os
import signal
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import psutil

from rex_celery.errors import UnavailableError

PATIENCE_SECONDS = 60
GLANCE_SECONDS = 0.02


def package(name: str) -> Path:
    """The folder of an installed package of binaries; its Python code, which does more than we want, is not run."""
    found = find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise UnavailableError(
            f"The package {name} is not installed.",
            code="not_installed",
            action="Install REX again (make clean up), or name a server of your own in DATABASE_URL and REDIS_URL.",
        )
    return Path(found.submodule_search_locations[0])


def lives(pid: int, program: str) -> bool:
    """Whether this process is there and is the program meant: after a crash its number may be somebody else's."""
    try:
        process = psutil.Process(pid)
        return program in process.name() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def stop(pid: int, program: str, *, by: signal.Signals) -> None:
    """Ask a server to end, wait for it; one that does not listen is killed."""
    if not lives(pid, program):
        return
    os.kill(pid, by)
    if not wait_until(lambda: not lives(pid, program)):
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not lives(pid, program))


def wait_until(true: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> bool:
    """Look again and again until it is true; False when the time is over."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(GLANCE_SECONDS)
    return True


def last_words(log: Path, *, since: int = 0, lines: int = 5) -> str:
    """The end of what a server wrote after byte ``since`` of its log."""
    try:
        with log.open("rb") as stream:
            stream.seek(since)
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.strip().splitlines()[-lines:])


def size(log: Path) -> int:
    """How long a log is now, 0 if there is none."""
    return log.stat().st_size if log.exists() else 0
