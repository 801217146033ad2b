"""`rex missions`: submit missions to a running REX, look at them, steer them."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from rex_celery.cli import ordering, preflight
from rex_celery.cli.options import AsJson, MissionId

if TYPE_CHECKING:
    from rex_celery.integrations.rex_api import RexApi

app = typer.Typer(help="Missions: submit them, watch them, steer them.", no_args_is_help=True)


@app.command("submit")
def submit(  # noqa: PLR0913  one parameter for each thing a mission can be told
    kind: ordering.Kind,
    *,
    name: ordering.Name = None,
    priority: ordering.Priority = None,
    autonomy: ordering.Dial = None,
    imported: ordering.Imported = None,
    offer: ordering.Offer = None,
    sender_name: ordering.SenderName = None,
    sender_email: ordering.SenderEmail = None,
    postal_address: ordering.PostalAddress = None,
    framework: ordering.Framework = None,
    sequence: ordering.SequenceName = None,
    campaign: ordering.CampaignId = None,
    watch_it: Annotated[bool, typer.Option("--watch", help="Watch it until it ends.")] = False,
    json: AsJson = False,
) -> None:
    """Submit a mission."""
    from rex_celery.cli import connection, screen
    from rex_celery.missions.views import Mission

    order = ordering.order(kind, name=name, priority=priority, autonomy=autonomy, imported=imported, offer=offer)
    order |= ordering.order(
        kind, sender_name=sender_name, sender_email=sender_email, postal_address=postal_address, framework=framework
    )
    order |= ordering.order(kind, sequence=sequence, campaign=campaign)
    mission = connection.api().post("/missions", Mission, order)
    if json:
        screen.print_json(mission)
    else:
        typer.echo(f"Submitted {mission.id}: {mission.name}")
    if watch_it:
        watch(mission.id.hex)


app.command("preflight")(preflight.preflight)


@app.command("list")
def list_page(
    state: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    *,
    json: AsJson = False,
) -> None:
    """Show missions, newest first."""
    from itertools import islice

    from rex_celery.cli import connection, results, screen
    from rex_celery.missions.views import Mission

    found = list(islice(connection.api().pages("/missions", Mission, state=state), limit))
    if json:
        screen.print_json(found)
    else:
        screen.out().print(results.missions(found))


@app.command("show")
def show(
    mission: MissionId,
    *,
    leads: Annotated[bool, typer.Option("--leads", help="Also what became of each lead.")] = False,
    json: AsJson = False,
) -> None:
    """Show a mission, its steps and, if asked, its leads."""
    from rex_celery.cli import connection, results, screen
    from rex_celery.missions.views import MissionDetail

    api = connection.api()
    found = api.get(f"/missions/{_whole(api, mission)}", MissionDetail)
    if json:
        screen.print_json(found)
        return
    console = screen.out()
    results.show(console, found)
    if leads:
        results.show_leads(console, results.read_leads(api, found.id))


@app.command("watch")
def watch(mission: MissionId) -> None:
    """Show a mission's progress until it ends; 0 when it completed. Ctrl-C ends the watching only."""
    from rex_celery.cli import connection, progress, results, screen

    api, console = connection.api(), screen.out()
    found = progress.follow(api, _whole(api, mission), console)
    results.show(console, found)
    if found.state != "completed":
        raise typer.Exit(1)


@app.command("cancel")
def cancel(mission: MissionId) -> None:
    """End a mission for good; nothing more is sent."""
    _steer(mission, "cancel")


@app.command("pause")
def pause(mission: MissionId) -> None:
    """Hold a mission where it stands; nothing more is sent until it is resumed."""
    _steer(mission, "pause")


@app.command("resume")
def resume(mission: MissionId) -> None:
    """Let a paused mission go on."""
    _steer(mission, "resume")


@app.command("retry")
def retry(mission: MissionId) -> None:
    """Run again what a failed or escalated mission has not finished."""
    _steer(mission, "retry")


@app.command("approve")
def approve(mission: MissionId) -> None:
    """Let a mission send that waits for a person's word."""
    _steer(mission, "approve")


def _steer(mission: str, action: str) -> None:
    from rex_celery.cli import connection, results, screen
    from rex_celery.missions.views import MissionDetail

    api = connection.api()
    found: MissionDetail = api.post(f"/missions/{_whole(api, mission)}/{action}", MissionDetail)
    screen.out().print(results.headline(found))


def _whole(api: "RexApi", mission: str) -> UUID:
    from rex_celery.cli import ids
    from rex_celery.missions.views import Mission

    known = (one.id for one in api.pages("/missions", Mission))
    return ids.find(mission, known, what="mission", listed_by="rex missions list")
