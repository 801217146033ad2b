"""`rex simulate`: try a campaign on a virtual clock, and see its calendar before anybody is written to."""

import time
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from rex_celery.cli.options import AsJson

if TYPE_CHECKING:
    from rich.console import Console

    from rex_celery.integrations.rex_api import RexApi
    from rex_celery.simulation.requests import Simulation

LOOK_SECONDS = 1.0


def simulate(  # noqa: PLR0913  one parameter for each thing that can be supposed
    *,
    sequence: Annotated[str, typer.Option(help="A sequence's name, id or key, or reactivation.")] = "reactivation",
    imported: Annotated[UUID | None, typer.Option("--import", help="The people of this import.")] = None,
    leads: Annotated[int, typer.Option(min=1, help="How many people to make up, without --import.")] = 1000,
    days: Annotated[int, typer.Option(min=1, help="For so many days.")] = 30,
    inboxes: Annotated[int, typer.Option(min=0, help="Suppose so many SendGrid inboxes; 0: your own.")] = 0,
    per_day: Annotated[int, typer.Option(min=1, help="What each supposed inbox may send a day.")] = 200,
    reply: Annotated[float, typer.Option(min=0, max=1, help="The share of messages that are answered.")] = 0.03,
    bounce: Annotated[float, typer.Option(min=0, max=1, help="The share of dead addresses.")] = 0.02,
    complaint: Annotated[float, typer.Option(min=0, max=1, help="The share reported as spam.")] = 0.0005,
    deferral: Annotated[float, typer.Option(min=0, max=1, help="The share put off by receiving servers.")] = 0.03,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same people and answers.")] = 1,
    json: AsJson = False,
) -> None:
    """Try a campaign on a virtual clock: calendar, caps that were hit, day of completion, reasons."""
    from rich.console import Console

    from rex_celery.cli import connection, screen, simulated
    from rex_celery.simulation.requests import Simulation

    rates = {"reply": reply, "bounce": bounce, "complaint": complaint, "deferral": deferral}
    wish: dict[str, object] = {"sequence": sequence, "leads": leads, "days": days, "seed": seed, "rates": rates}
    wish |= {"import_id": str(imported)} if imported else {}
    wish |= {"inboxes": [_inbox(number, per_day) for number in range(inboxes)]} if inboxes else {}
    api = connection.api()
    found = _follow(api, api.post("/simulations", Simulation, wish), Console(stderr=True, emoji=False))
    if json:
        screen.print_json(found)
    else:
        simulated.show(screen.out(), found)
    if found.state != "done":
        raise typer.Exit(1)


def _inbox(number: int, per_day: int) -> dict[str, object]:
    # An hour's share leaves room for a working day of eight hours.
    hourly = max(1, per_day // 6)
    return {"address": f"sender{number + 1}@outreach.example", "per_day": per_day, "per_hour": hourly, "gap_seconds": 0}


def _follow(api: "RexApi", found: "Simulation", console: "Console") -> "Simulation":
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    from rex_celery.simulation.requests import Simulation

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("Simulating", total=1.0)
        while found.state in {"queued", "running"}:
            time.sleep(LOOK_SECONDS)
            found = api.get(f"/simulations/{found.id}", Simulation)
            bar.update(task, completed=found.progress)
    return found
