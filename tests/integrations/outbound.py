"""Messages to send, and how the ledger answers when a sender asks."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from rex_celery.integrations.base import Mailbox, Outbound, OutboundEmail, OutboundText, message_id_of

SENDER = Mailbox("maria@north.example.com", "Maria Lopez")


def an_email(to: str = "kim", **fields: object) -> Outbound:
    """An e-mail to ``to`` at example.com with an id of its own."""
    id_, campaign = uuid4(), fields.pop("campaign_id", None)
    message = OutboundEmail(
        message_id=message_id_of(id_, SENDER),
        sender=SENDER,
        recipient=Mailbox(f"{to}@example.com", "Kim Lee"),
        subject="Still open?",
        body=f"Hello {to},\n\n“no thanks” stops this.\n",
        unsubscribe_url=f"https://rex.example.com/u/{id_}",
        sent_at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
    )
    return Outbound(id_, replace(message, **fields), campaign)  # type: ignore[arg-type]


def a_text(to: str = "+12025550143", **fields: object) -> Outbound:
    """A text message to a number."""
    text = OutboundText("+12025550100", to, "Still open? Reply STOP to opt out")
    return Outbound(uuid4(), replace(text, **fields))  # type: ignore[arg-type]


class Ledger:
    """Notes what a sender was about to hand over, and lets go all but ``stopped``."""

    def __init__(self, *stopped: UUID) -> None:
        self.stopped = set(stopped)
        self.asked: list[list[UUID]] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def __call__(self, ids: Collection[UUID]) -> Collection[UUID]:
        self.asked.append(list(ids))
        self.meanwhile()
        return [one for one in ids if one not in self.stopped]
