"""What the rex command shows: tables, JSON, and errors with what would help."""

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import TypeAdapter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rex_celery.errors import RefusedError

# Tables in a file or a pipe are not squeezed into a terminal that is not there.
PLAIN_WIDTH = 200


def out() -> Console:
    """Where results go."""
    return Console(emoji=False, highlight=False, width=None if sys.stdout.isatty() else PLAIN_WIDTH)


def tell(error: RefusedError) -> None:
    """Show what went wrong, each detail, and the one thing that would help."""
    console = Console(stderr=True, emoji=False, highlight=False, soft_wrap=True)
    console.print(f"[red]✗[/] {escape(error.detail)}")
    for one in error.problems:
        expected = f" (right would be: {escape(one.expected)})" if one.expected else ""
        console.print(f"  {escape(one.where)} {escape(one.what)}{expected}")
    if error.action:
        console.print(f"[cyan]→[/] {escape(error.action)}")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> Table:
    """A table of plain text; a row may hold None and moments."""
    made = Table(*columns, title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for row in rows:
        made.add_row(*(escape(text(cell)) for cell in row))
    return made


def text(cell: object) -> str:
    """One cell in words."""
    if cell is None:
        return "–"
    if isinstance(cell, datetime):
        return cell.astimezone().strftime("%Y-%m-%d %H:%M")
    return str(cell)


def counted(number: int, one: str, several: str) -> str:
    """The number and what it counts, in the right form."""
    return f"{number} {one if number == 1 else several}"


def print_json(content: object) -> None:
    """For programs: the same content as JSON."""
    sys.stdout.write(TypeAdapter(type(content)).dump_json(content, indent=2).decode() + "\n")
