"""`rex demo`: from nothing to a mission that really ran, and what came of it."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console


def demo(
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, readable=True, help="Your CSV list, else the sample.")
    ] = None,
) -> None:
    """Run a whole mission on a sample list: REX is started unless one runs, and nothing leaves this machine."""
    from rex_celery import config
    from rex_celery.cli import connection, first_tenant, sample_mission, screen
    from rex_celery.embedded import up

    settings, console = config.settings(), screen.out()
    source = file or sample_mission.sample_list()
    told: list[str] = []

    def welcome() -> tuple[str, ...]:
        told.extend(first_tenant.welcome())
        return ()

    with ExitStack() as stack:
        with console.status("Starting REX; the first time takes a minute …"):
            instance = stack.enter_context(up.running(settings, welcome))
        console.print("[green]✓[/] REX runs already" if instance.attached else "[green]✓[/] REX is ready")
        for line in told:
            console.print(line, soft_wrap=True)
        completed = sample_mission.run(connection.api(), source, console)
        if console.is_terminal and not instance.attached:
            _stay(console)
    raise typer.Exit(0 if completed else 1)


def _stay(console: "Console") -> None:
    """Leave REX running for a look round."""
    import threading

    console.print("\nREX goes on running; Ctrl-C stops it.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        console.print("Stopping …")
