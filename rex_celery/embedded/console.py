"""What a person sees of `rex up`: the steps of setting up, then one log with each line's process before it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from time import monotonic
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

_COLOURS = (
    "cyan",
    "green",
    "magenta",
    "yellow",
    "blue",
    "bright_cyan",
    "bright_green",
    "bright_magenta",
    "bright_blue",
)
_LOG_BYTES, _LOG_FILES = 10_000_000, 3


class _LogFile(RotatingFileHandler):
    """A disk that is full must not keep REX from running, nor fill the screen."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  logging's name
        del record


class Screen:
    """The terminal, or plain lines where there is none, and the log file; ``quiet``: processes speak there only."""

    def __init__(self, log: Path, names: tuple[str, ...], *, quiet: bool = False) -> None:
        self.console = Console(emoji=False, highlight=False)
        self.gone = False
        self._quiet = quiet
        self._width = max(map(len, names), default=0)
        self._colour = {name: _COLOURS[place % len(_COLOURS)] for place, name in enumerate(names)}
        self._file = _LogFile(log, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8")
        self._file.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        self._began = monotonic()

    def line(self, name: str, words: str) -> None:
        """One line that a process said."""
        prefix = f"{name:<{self._width}} | "
        if not self._quiet:
            self._print(Text.assemble((prefix, self._colour.get(name, "bold")), words))
        self._file.emit(logging.makeLogRecord({"msg": prefix + words.replace("%", "%%"), "levelno": logging.INFO}))

    def say(self, words: str = "") -> None:
        """One line of REX itself."""
        self._print(words)

    def _print(self, words: str | Text) -> None:
        try:
            self.console.print(words, soft_wrap=True)
        except OSError:  # the terminal was closed, or the program that read us ended
            self.gone = True
            self.console.quiet = True

    @property
    def seconds(self) -> float:
        """Since this screen was opened."""
        return monotonic() - self._began

    @contextmanager
    def steps(self, total: int) -> Iterator["Steps"]:
        """Show how far setting up has come."""
        bar = Progress(
            SpinnerColumn(),
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        with bar:
            yield Steps(self, bar, total)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


class Steps:
    """The steps of setting up, one at a time."""

    def __init__(self, screen: Screen, bar: Progress, total: int) -> None:
        self._screen, self._bar = screen, bar
        self._task = bar.add_task("Starting", total=total)

    @contextmanager
    def step(self, doing: str, done: str) -> Iterator[None]:
        """One step: shown while it is under way, and ticked off with the time it took."""
        began = monotonic()
        self._bar.update(self._task, description=doing)
        yield
        self._bar.advance(self._task)
        self._screen.say(f"[green]✓[/] {done} [dim]{monotonic() - began:.1f} s[/]")
