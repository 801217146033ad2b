"""What a running REX leaves in its home, so that a second one finds it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rex_celery.config import Settings
from rex_celery.embedded import locks
from rex_celery.embedded.home import Home, write_private


@dataclass(frozen=True, slots=True)
class Record:
    """Who runs here, and where to reach it."""

    pid: int
    web: str
    live: str
    flower: str
    pids: dict[str, int] = field(default_factory=dict)

    def addresses(self, home: Path) -> tuple[str, ...]:
        """The lines to show when it is ready."""
        return (
            f"  Command Center  [bold cyan]{self.web}[/]",
            f"  API             [cyan]{self.web}/api/rex/docs[/]",
            f"  Flower          [cyan]{self.flower}[/]",
            f"  API key         in {Home(home).api_key_file}",
        )


def of(settings: Settings, pid: int) -> Record:
    """The record of a REX with these settings."""
    return Record(pid, settings.public_url, settings.live_url, f"http://127.0.0.1:{settings.flower_port}")


def write(home: Home, record: Record) -> None:
    write_private(home.up_file, json.dumps(asdict(record), indent=1))


def read(home: Home) -> Record | None:
    """The record of the REX that runs, or None while it starts."""
    try:
        return Record(**json.loads(home.up_file.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


@contextmanager
def sole(home: Home) -> Iterator[bool]:
    """Whether we are the only one to run REX on this home; the right is ours for the block."""
    lock = locks.take(home.lock("up"))
    try:
        yield lock is not None
    finally:
        if lock is not None:
            locks.let_go(lock)
