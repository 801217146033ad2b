"""Sending a list to REX with a progress bar, and what became of its rows."""

import json
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from rex_celery.cli.screen import counted, table
from rex_celery.integrations.rex_api import RexApi
from rex_celery.leads.queries import Import


def send(api: RexApi, file: Path, columns: dict[str, str], console: Console) -> Import:
    """Upload the file and wait until its rows are stored; ``columns`` says which column is which field.

    Raises:
        RefusedError: REX does not take the file, and says where and why.

    """
    fields = {"mapping": json.dumps(columns)} if columns else {}
    shape = (TextColumn("{task.description}"), BarColumn(bar_width=32), DownloadColumn(), TransferSpeedColumn())
    size = file.stat().st_size
    with Progress(*shape, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Sending", total=size)

        def advance(sent: int) -> None:
            bar.advance(task, sent)
            if bar.tasks[0].completed >= size:
                bar.update(task, description="Storing")

        return api.upload("/leads/import", Import, file, fields=fields, progress=advance)


def mapping(pairs: list[str]) -> dict[str, str]:
    """``COLUMN=FIELD`` for each column that the person explained.

    Raises:
        typer.BadParameter: one has no equals sign.

    """
    found = {}
    for pair in pairs:
        column, equals, field = pair.rpartition("=")
        if not equals or not column:
            raise typer.BadParameter(f"{pair!r} is not COLUMN=FIELD, such as Mail=email.", param_hint="--map")
        found[column] = field
    return found


def show(console: Console, found: Import) -> None:
    """How many rows became what, which column was taken as which field, and the first rejections."""
    console.print(
        f"[bold]{found.filename}[/]: {counted(found.rows, 'row', 'rows')}"
        f" = {counted(found.created, 'new person', 'new people')} + {found.merged} merged"
        f" + {found.rejected} rejected  [dim](import {found.id})[/]",
        soft_wrap=True,
    )
    taken = [f"{column} → {field}" for column, field in found.columns.items() if field]
    console.print(f"Columns ({found.encoding}): {', '.join(taken)}", markup=False, soft_wrap=True)
    if unused := [column for column, field in found.columns.items() if not field]:
        console.print(f"Not used: {', '.join(unused)}", markup=False, soft_wrap=True)
    if found.rejections:
        rows = [(one.line, one.column, one.value, one.reason) for one in found.rejections]
        console.print(table(("line", "column", "value", "why not"), rows, title="\nRejected"))
    if found.rejected > len(found.rejections):
        left = found.rejected - len(found.rejections)
        console.print(f"… and {counted(left, 'more rejected row', 'more rejected rows')}.")
