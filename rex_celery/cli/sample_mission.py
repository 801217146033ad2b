"""The demo's mission: a list taken in, a lead reactivation over it, and what came of each person."""

from pathlib import Path
from uuid import UUID

from pydantic import BaseModel
from rich.console import Console

from rex_celery import config
from rex_celery.cli import progress, results, upload
from rex_celery.errors import ConflictError, RefusedError
from rex_celery.integrations.rex_api import RexApi
from rex_celery.missions.views import Mission, MissionDetail

OFFER = "a 20-minute review of your reporting, with a written list of what could run by itself"
# Names that are reserved for examples, so that nothing can reach a real person or postbox.
SENDER = {
    "name": "Sam Sample",
    "email": "sam@acme.example.com",
    "postal_address": "Acme Sample Ltd, 1 Example Street, Sampletown (a sample address)",
}


class _Status(BaseModel):
    delivery: str


class _Link(BaseModel):
    url: str


def sample_list() -> Path:
    """The list of invented people that comes with REX.

    Raises:
        RefusedError: it is not there.

    """
    path = config.CHECKOUT / "examples" / "leads.csv"
    if not path.is_file():
        raise RefusedError(f"{path} is not there.", code="no_sample", action="Name a CSV file: rex demo my-leads.csv")
    return path


def run(api: RexApi, source: Path, console: Console) -> MissionDetail:
    """Run the mission, show everything, and return it as it ended.

    Raises:
        RefusedError: REX says no, or would send the sample's messages to the world.

    """
    _stay_inside(api)
    imported = upload.send(api, source, {}, console)
    upload.show(console, imported)
    mission = api.post("/missions", Mission, _order(source.name, imported.id))
    console.print(f"\nMission {mission.id} is submitted.")
    ended = progress.follow(api, mission.id, console)
    _show(api, ended, console)
    return ended


def _order(name: str, imported: UUID) -> dict[str, object]:
    return {
        "type": "lead_reactivation",
        "name": f"Demo: {name}",
        "autonomy": "auto",
        "audience": {"import_id": str(imported)},
        "sender": SENDER,
        "offer": OFFER,
    }


def _stay_inside(api: RexApi) -> None:
    """The demo sends by itself and under a sample name, which must never happen to real postboxes."""
    if api.get("/status", _Status).delivery != "outbox":
        raise ConflictError(
            "This REX delivers e-mail by SMTP, and the demo's messages are samples.",
            action="Unset REX_SMTP_HOST for the demo, or submit a mission of your own: rex missions submit --help",
        )


def _show(api: RexApi, ended: MissionDetail, console: Console) -> None:
    console.print()
    results.show_leads(console, results.read_leads(api, ended.id))
    console.print()
    results.show(console, ended)


def show_page(api: RexApi, mission: UUID, console: Console, *, stays: bool) -> None:
    """Where to look at the mission: signed in at once in a REX that ``stays``, else when it is back."""
    front, _, token = api.post("/session/link", _Link).url.partition("/#")
    page = f"{front}/missions/{mission}"
    if stays:
        console.print(f"\nLook at it: [bold cyan]{page}#{token}[/]", soft_wrap=True)
        console.print("[dim]This address signs you in once, within ten minutes.[/]")
    else:
        console.print(
            f"\nREX stops now; `make up` brings it back. Then look at it: [bold cyan]{page}[/]", soft_wrap=True
        )
