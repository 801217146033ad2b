"""Sending a list to a ledger, what became of its rows, and getting the whole ledger as a file."""

import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from rex_celery.cli.screen import counted, table
from rex_celery.integrations.rex_api import RexApi
from rex_celery.ledgers.suppression_lists import ListTaken

LONGEST_TABLE = 300


def send(api: RexApi, path: str, file: Path, fields: dict[str, str], console: Console) -> ListTaken:
    """Upload a list and wait until its rows are stored.

    Raises:
        RefusedError: REX does not take it, and says where and why.

    """
    shape = (TextColumn("{task.description}"), BarColumn(bar_width=32), DownloadColumn(), TransferSpeedColumn())
    with Progress(*shape, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Sending", total=file.stat().st_size)
        return api.upload(path, ListTaken, file, fields=fields, progress=lambda sent: bar.advance(task, sent))


def show(console: Console, file: Path, taken: ListTaken) -> None:
    """How many rows became what, and the rows that were not taken."""
    console.print(
        f"[bold]{file.name}[/]: {counted(taken.rows, 'row', 'rows')} = {taken.added} new + {taken.known} known"
        f" + {taken.rejected} rejected",
        soft_wrap=True,
    )
    shown = taken.rejections[:LONGEST_TABLE]
    if shown:
        rows = [(one.line, one.column, one.value, one.reason) for one in shown]
        console.print(table(("line", "column", "value", "why not"), rows, title="\nRejected"))
    if left := taken.rejected - len(shown):
        console.print(f"… and {counted(left, 'more rejected row', 'more rejected rows')}; --json has up to 10 000.")


def save(api: RexApi, path: str, file: Path | None) -> None:
    """Write a ledger to a file, or to the standard output."""
    if file is None:
        api.download(path, sys.stdout.buffer.write if hasattr(sys.stdout, "buffer") else _as_text)
        return
    with file.open("wb") as out:
        api.download(path, out.write)


def _as_text(piece: bytes) -> int:
    return sys.stdout.write(piece.decode())
