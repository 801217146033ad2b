"""`rex explain`: why a mission, a person, a message or an inbox stands where it stands, and what would help."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from rex_celery.cli import ids
from rex_celery.cli.options import AsJson, MissionId

if TYPE_CHECKING:
    from rich.console import Console

    from rex_celery.integrations.rex_api import RexApi

app = typer.Typer(
    help="Explain: what happened, what is next, what blocks it and what would help.", no_args_is_help=True
)


def _person(words: str) -> str:
    """An e-mail address as it is, or the digits of an id."""
    return words if "@" in words else ids.parse(words)


def _sender(words: str) -> str:
    """An e-mail address or a number as it is, or the digits of an id."""
    return words if words.startswith("+") else _person(words)


LeadId = Annotated[
    str, typer.Argument(parser=_person, metavar="ID", help="An e-mail address, or an id or how that begins.")
]
MessageId = Annotated[
    str, typer.Argument(parser=ids.parse, metavar="ID", help="Its id or how that begins; `rex explain lead` shows it.")
]
InboxId = Annotated[
    str,
    typer.Argument(
        parser=_sender, metavar="ID", help="Its address, or its id or how that begins; `rex explain mission` shows it."
    ),
]


@app.command("mission")
def mission(mission: MissionId, *, json: AsJson = False) -> None:
    """A mission: its sums, its reasons, what waits and why, when it goes on, who sends for it."""
    from rex_celery.cli import connection, explained
    from rex_celery.explain.views import MissionExplained
    from rex_celery.missions.views import Mission

    api = connection.api()
    whole = ids.find(mission, _ids(api, "/missions", Mission), what="mission", listed_by="rex missions list")
    _say(api.get(f"/missions/{whole}/explain", MissionExplained), explained.mission, json=json)


@app.command("lead")
def lead(
    lead: LeadId,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How much of the history, newest first.")] = 50,
    *,
    json: AsJson = False,
) -> None:
    """A person: what happened to them, newest first, what comes next and what stands against it."""
    from rex_celery.cli import connection, explained
    from rex_celery.explain.views import LeadExplained

    api = connection.api()
    found = api.get(f"/leads/{_lead(api, lead)}/explain", LeadExplained, limit=limit)
    _say(found, explained.lead, json=json)


@app.command("message")
def message(message: MessageId, *, json: AsJson = False) -> None:
    """A message: what became of it, or everything that would hold it if it were due now."""
    from rex_celery.cli import connection, explained
    from rex_celery.explain.views import MessageExplained

    api = connection.api()
    whole = ids.find(message, _messages(api), what="message", listed_by="rex missions show --leads --json")
    _say(api.get(f"/messages/{whole}/explain", MessageExplained), explained.message, json=json)


@app.command("inbox")
def inbox(inbox: InboxId, *, json: AsJson = False) -> None:
    """An inbox: what holds it, how much of its caps is used, what waits for it."""
    from rex_celery.cli import connection, explained
    from rex_celery.explain.views import InboxExplained

    api = connection.api()
    _say(api.get(f"/inboxes/{_inbox(api, inbox)}/explain", InboxExplained), explained.inbox, json=json)


def _say(found: Any, show: "Callable[[Console, Any], None]", *, json: bool) -> None:
    from rex_celery.cli import screen

    if json:
        screen.print_json(found)
    else:
        show(screen.out(), found)


def _ids(api: "RexApi", path: str, shape: type[Any]) -> Iterable[UUID]:
    found: Iterable[Any] = api.pages(path, shape)
    return (one.id for one in found)


def _messages(api: "RexApi") -> Iterable[UUID]:
    """Those of the newest missions first; read only for an id that is not whole."""
    from rex_celery.missions.views import Message, Mission

    for one in api.pages("/missions", Mission):
        yield from _ids(api, f"/missions/{one.id}/messages", Message)


def _lead(api: "RexApi", words: str) -> UUID:
    from rex_celery.errors import NotFoundError
    from rex_celery.leads.queries import Lead

    if "@" not in words:
        return ids.find(words, _ids(api, "/leads", Lead), what="lead", listed_by="rex missions show --leads")
    for one in api.pages("/leads", Lead, query=words):
        if one.email == words.strip().lower():
            return one.id
    raise NotFoundError(f"There is no lead {words}.", action="Import them with `rex leads import`.")


def _inbox(api: "RexApi", words: str) -> UUID:
    from rex_celery.errors import ConflictError, NotFoundError
    from rex_celery.outreach.inboxes import Inbox

    if "@" not in words and not words.startswith("+"):
        return ids.find(words, _ids(api, "/inboxes", Inbox), what="inbox", listed_by="rex explain mission")
    found = [one for one in api.pages("/inboxes", Inbox) if one.address.lower() == words.strip().lower()]
    if not found:
        raise NotFoundError(f"There is no inbox {words}.", action="See `rex explain mission`, or GET /inboxes.")
    if len(found) > 1:
        each = ", ".join(f"{one.id.hex[:8]} ({one.provider})" for one in found)
        raise ConflictError(f"There are {len(found)} inboxes {words}.", action=f"Name one by its id: {each}.")
    return found[0].id
