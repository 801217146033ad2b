"""`rex doctor`: what is wrong with this installation, and what to do about it."""

from typing import TYPE_CHECKING

import typer

from rex_celery.cli.options import AsJson

if TYPE_CHECKING:
    from rex_celery.config import Settings
    from rex_celery.monitoring.machine import Finding


def doctor(*, json: AsJson = False) -> None:
    """Look at everything REX needs; exit code 1 if something is wrong."""
    from rex_celery import config
    from rex_celery.cli import connection, screen

    connection.log_to_stderr()
    found = _look(config.settings())
    wrong = [finding for finding in found if not finding.ok]
    if json:
        screen.print_json(found)
    else:
        console = screen.out()
        rows = [("✓" if one.ok else "✗", one.name, one.detail, "" if one.ok else one.action) for one in found]
        console.print(screen.table(("", "what", "found", "what to do"), rows))
        console.print("[green]All is well.[/]" if not wrong else f"[red]{len(wrong)} of {len(found)} are not well.[/]")
    raise typer.Exit(1 if wrong else 0)


def _look(settings: "Settings") -> list["Finding"]:
    from rex_celery.embedded import services
    from rex_celery.embedded.home import Home, load_state
    from rex_celery.errors import RefusedError
    from rex_celery.monitoring import machine
    from rex_celery.monitoring import services as servers

    found = list(machine.look(settings))
    own = bool(settings.database_url and settings.redis_url)
    if machine.runs(Home(settings.home)) or own:
        return [*found, *servers.look(services.attach(settings))]
    try:
        started = load_state(settings.home) is not None
    except RefusedError as error:
        return [*found, machine.Finding("running", ok=False, detail=error.detail, action=error.action)]
    detail = "REX does not run" if started else "REX was never started here"
    action = "Start it with `rex up` and ask again; what it stands on can only be seen while it runs."
    return [*found, machine.Finding("running", ok=False, detail=detail, action=action)]
