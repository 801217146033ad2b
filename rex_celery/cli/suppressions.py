"""`rex suppressions`: who must not be written to."""

from pathlib import Path
from typing import Annotated

import typer

from rex_celery.cli.options import AsJson

app = typer.Typer(help="Suppressions: who must not be written to.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A CSV list.")]
Scope = Annotated[str, typer.Option(help="all, email, sms or linkedin.")]
Reason = Annotated[str, typer.Option(help="suppressed_manual, or another reason of the ledger.")]
_PATH = "/suppressions"


@app.command("list")
def list_all(
    email: Annotated[str | None, typer.Option(help="Only this address.")] = None,
    domain: Annotated[str | None, typer.Option(help="Only this domain.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    *,
    json: AsJson = False,
) -> None:
    """Show the ledger, the newest entries first."""
    from itertools import islice

    from rex_celery.cli import connection, screen
    from rex_celery.ledgers.suppressions import Suppression

    found = list(islice(connection.api().pages(_PATH, Suppression, email=email, domain=domain), limit))
    if json:
        screen.print_json(found)
        return
    rows = [(one.email or one.phone or one.domain, one.scope, one.reason, one.source, one.created_at) for one in found]
    screen.out().print(screen.table(("who", "scope", "reason", "source", "since"), rows))


@app.command("add")
def add(
    who: Annotated[str, typer.Argument(help="An e-mail address, +…number, or @domain for everybody there.")],
    scope: Scope = "all",
    note: Annotated[str, typer.Option(help="How you know; kept as evidence.")] = "",
    *,
    json: AsJson = False,
) -> None:
    """Enter somebody by hand; what waits for them is taken back at once."""
    from rex_celery.cli import connection, screen
    from rex_celery.ledgers.suppressions import Suppression

    kind = "domain" if who.startswith(("@", "*@")) else "email" if "@" in who else "phone"
    found = connection.api().post(_PATH, Suppression, {kind: who, "scope": scope, "note": note})
    if json:
        screen.print_json(found)
    else:
        typer.echo(f"{found.email or found.phone or found.domain} is suppressed ({found.scope}).")


@app.command("import")
def take_in(
    file: File,
    scope: Scope = "all",
    reason: Reason = "suppressed_manual",
    *,
    json: AsJson = False,
) -> None:
    """Take in a list of addresses, numbers and domains: each row new, known, or rejected with its line and reason."""
    from rex_celery.cli import connection, lists, screen

    console = screen.out()
    fields = {"scope": scope, "reason": reason}
    found = lists.send(connection.api(), f"{_PATH}/import", file, fields, console)
    if json:
        screen.print_json(found)
    else:
        lists.show(console, file, found)


@app.command("export")
def export(file: Annotated[Path | None, typer.Argument(help="Where to; standard output unless named.")] = None) -> None:
    """Write the whole ledger as CSV, in the form that the import takes."""
    from rex_celery.cli import connection, lists

    lists.save(connection.api(), f"{_PATH}/export", file)
