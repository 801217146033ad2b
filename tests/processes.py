"""Real workers and a real beat for a test: separate processes that can be killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rex_celery import crews

ALL_CREWS = ",".join(crews.queue_of(crew) for crew in crews.Crew)


class Team:
    """Worker and beat processes on this test's database and Redis; what they say is in ``folder``."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.settings = settings
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """A worker for the crews, one for control, and beat."""
        self.worker("crews", ALL_CREWS)
        self.worker("control", crews.CONTROL_QUEUE)
        self.run("beat", "beat", "--scheduler", "celery.beat:Scheduler")

    def worker(self, name: str, queues: str, concurrency: int = 2) -> None:
        options = ("-Q", queues, "-c", str(concurrency), "-n", f"{name}@%h", "--without-gossip", "--without-mingle")
        self.run(name, "worker", *options)

    def run(self, name: str, *command: str) -> None:
        environment = {**os.environ, **self.settings}  # noqa: TID251  a child's environment
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "--quiet", "-A", "workers.app", *command],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.running.append(process)

    def kill(self) -> None:
        """kill -9 of every process and its children, at once."""
        for process in self.running:
            os.killpg(process.pid, signal.SIGKILL)
        for process in self.running:
            process.wait()
        self.running.clear()

    def said(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))


def wait_until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Look ten times a second until it holds; an assertion error that says what did not come to be."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)
