"""What a mission can be told on the command line, the same for an order and for a look before it."""

from typing import Annotated, Any
from uuid import UUID

import typer

Kind = Annotated[str, typer.Argument(metavar="TYPE", help="Such as lead_reactivation.")]
Name = Annotated[str | None, typer.Option(help="What to call it.")]
Priority = Annotated[int | None, typer.Option(min=0, max=100, help="More is sooner; 50 unless given.")]
Dial = Annotated[str | None, typer.Option(help="suggest, approve_first_n or auto.")]
Imported = Annotated[UUID | None, typer.Option("--import", help="Only the leads of this import.")]
Offer = Annotated[str | None, typer.Option(help="What you offer, in one line; else the settings'.")]
SenderName = Annotated[str | None, typer.Option(help="Who signs; else the settings'.")]
SenderEmail = Annotated[str | None, typer.Option(help="Who it is from; else the settings'.")]
PostalAddress = Annotated[str | None, typer.Option(help="Stands under each e-mail; else the settings'.")]
Framework = Annotated[str | None, typer.Option(help="PAS, AIDA, BAB or FAB; else REX chooses per lead.")]
SequenceName = Annotated[str | None, typer.Option(help="A sequence's name, id or key, or reactivation.")]
CampaignId = Annotated[UUID | None, typer.Option(help="A campaign's id; brings its sequence and policy.")]

_SENDER = {"sender_name": "name", "sender_email": "email", "postal_address": "postal_address"}


def order(kind: str, **said: Any) -> dict[str, object]:
    """The body of an order; what the person did not say is left to REX."""
    given = {name: value for name, value in said.items() if value is not None}
    sender = {field: given.pop(name) for name, field in _SENDER.items() if name in given}
    imported = given.pop("imported", None)
    ids = {name: str(value) if isinstance(value, UUID) else value for name, value in given.items()}
    audience = {"audience": {"import_id": str(imported)}} if imported else {}
    return {"type": kind} | ids | audience | ({"sender": sender} if sender else {})
