"""`rex leads`: take in lists of people."""

from pathlib import Path
from typing import Annotated

import typer

from rex_celery.cli.options import AsJson

app = typer.Typer(help="Leads: the people of your lists.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `leads import` a command of its own: with one command only, typer would leave its name out."""


@app.command("import")
def take_in(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A CSV export.")],
    column: Annotated[list[str] | None, typer.Option("--map", metavar="COLUMN=FIELD", help="What a column is.")] = None,
    *,
    json: AsJson = False,
) -> None:
    """Take in a CSV file: every row becomes a person, a merge, or a rejection with its line and reason."""
    from rex_celery.cli import connection, screen, upload

    console = screen.out()
    found = upload.send(connection.api(), file, upload.mapping(column or []), console)
    if json:
        screen.print_json(found)
    else:
        upload.show(console, found)
