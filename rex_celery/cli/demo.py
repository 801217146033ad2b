"""`rex demo`: from nothing to a mission that really ran, and what came of it."""

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

    console = screen.out()
    source = file or sample_mission.sample_list()
    with up.running(config.settings(), first_tenant.welcome) as instance:
        if instance.attached:
            console.print("[green]✓[/] REX runs already")
        api = connection.api()
        ended = sample_mission.run(api, source, console)
        sample_mission.show_page(api, ended.id, console, stays=instance.attached or console.is_terminal)
        if console.is_terminal and not instance.attached:
            _stay(console)
    raise typer.Exit(0 if ended.state == "completed" else 1)


def _stay(console: "Console") -> None:
    """Leave REX running for a look round."""
    import threading

    console.print("\nREX goes on running; Ctrl-C stops it.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        console.print("Stopping …")
