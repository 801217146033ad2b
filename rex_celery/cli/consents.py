"""`rex consents`: who agreed to what."""

from pathlib import Path
from typing import Annotated

import typer

from rex_celery.cli.options import AsJson

app = typer.Typer(help="Consents: who agreed to what; text messages need it.", no_args_is_help=True)


@app.command("import")
def take_in(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A CSV list.")],
    *,
    json: AsJson = False,
) -> None:
    """Take in a list of consents of known people: each row new, known, or rejected with its line and reason."""
    from rex_celery.cli import connection, lists, screen

    console = screen.out()
    found = lists.send(connection.api(), "/consents/import", file, {}, console)
    if json:
        screen.print_json(found)
    else:
        lists.show(console, file, found)


@app.command("export")
def export(file: Annotated[Path | None, typer.Argument(help="Where to; standard output unless named.")] = None) -> None:
    """Write all consents as CSV, in the form that the import takes."""
    from rex_celery.cli import connection, lists

    lists.save(connection.api(), "/consents/export", file)
