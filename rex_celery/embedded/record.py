"""What a running REX leaves in its home, so that a second one finds it."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from rex_celery.config import Settings
from rex_celery.embedded import locks, servers
from rex_celery.embedded.home import Home, write_private
from rex_celery.embedded.supervisor import Supervisor

# Its doors close in seconds; tasks under way may take longer, and their leases bring them back.
NOTICE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Record:
    """Who runs here, and where to reach it."""

    pid: int
    web: str
    live: str
    flower: str
    nursery: int = 0
    pids: dict[str, int] = field(default_factory=dict)
    host: str = ""
    port: int = 0

    def addresses(self, home: Path) -> tuple[str, ...]:
        """The lines to show when it is ready."""
        return (
            f"  Command Center  [bold cyan]{self.web}[/]",
            f"  API             [cyan]{self.web}/api/rex/docs[/]",
            f"  Flower          [cyan]{self.flower}[/]",
            f"  API key         in {Home(home).api_key_file}",
        )


def of(settings: Settings, supervisor: Supervisor) -> Record:
    """The record of a REX with these settings, run by this process."""
    return Record(
        os.getpid(),
        settings.public_url,
        settings.live_url,
        f"http://127.0.0.1:{settings.flower_port}",
        supervisor.nursery_pid,
        dict(supervisor.pids),
        settings.host,
        settings.port,
    )


def write(home: Home, record: Record) -> None:
    write_private(home.up_file, json.dumps(asdict(record), indent=1))


def read(home: Home) -> Record | None:
    """The record of the REX that runs, or None while it starts."""
    try:
        return Record(**json.loads(home.up_file.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def bury(home: Home) -> None:
    """A REX that was killed is survived by its processes for as long as they take to notice; wait for that."""
    dead = read(home)
    if dead is None:
        return
    if not servers.wait_until(lambda: not _is_nursery(dead.nursery), seconds=NOTICE_SECONDS):
        for pid in (dead.nursery, *dead.pids.values()):
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
    home.up_file.unlink(missing_ok=True)


def _is_nursery(pid: int) -> bool:
    try:
        return bool(pid) and "rex_celery.embedded.nursery" in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False


@contextmanager
def sole(home: Home) -> Iterator[bool]:
    """Whether we are the only one to run REX on this home; the right is ours for the block."""
    lock = locks.take(home.lock("up"))
    try:
        yield lock is not None
    finally:
        if lock is not None:
            locks.let_go(lock)
