"""`rex missions preflight`: a mission looked at before it is ordered."""

from dataclasses import replace
from typing import Annotated

import typer

from rex_celery.cli import ordering
from rex_celery.cli.options import AsJson

# Writing to twenty thousand people takes a while.
PATIENCE_SECONDS = 600.0


def preflight(  # noqa: PLR0913  one parameter for each thing a mission can be told
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
    sms_price: Annotated[str | None, typer.Option(help="What one segment of a text message costs, as 0.0079.")] = None,
    json: AsJson = False,
) -> None:
    """Look at a mission before it is ordered: all findings at once, nothing stored; 1 when there are errors."""
    from rex_celery.cli import connection, preflighted, screen
    from rex_celery.preflight.views import Preflight

    order = ordering.order(kind, name=name, priority=priority, autonomy=autonomy, imported=imported, offer=offer)
    order |= ordering.order(
        kind, sender_name=sender_name, sender_email=sender_email, postal_address=postal_address, framework=framework
    )
    order |= ordering.order(kind, sequence=sequence, campaign=campaign, sms_price=sms_price)
    found = replace(connection.api(), timeout=PATIENCE_SECONDS).post("/missions/preflight", Preflight, order)
    if json:
        screen.print_json(found)
    else:
        preflighted.show(screen.out(), found)
    if not found.ok:
        raise typer.Exit(1)
