"""What REX asks of a provider that sends e-mail, and what it hears back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class Delivery(StrEnum):
    """What is known about a message that was handed over."""

    ACCEPTED = "accepted"
    # The provider had the whole message, but its answer never came. Sending again might deliver it twice.
    UNKNOWN = "unknown"
    # The caller took it back before the provider was given its text.
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address and the name shown with it; the name may be empty."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class OutboundEmail:
    """One message to one person. ``message_id`` comes from ``message_id_of``, so a repeat is recognised as one."""

    message_id: str
    sender: Mailbox
    recipient: Mailbox
    subject: str
    body: str
    unsubscribe_url: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """``provider_id`` is what the provider calls the message, empty if it did not say."""

    delivery: Delivery
    provider: str
    provider_id: str = ""


def always() -> bool:
    """Nothing speaks against sending."""
    return True


class EmailSender(Protocol):
    """A way to send e-mail."""

    def send(self, message: OutboundEmail, may_leave: Callable[[], bool] = always) -> Receipt:
        """Hand over one message, once.

        Connecting may take a while, and a stop may come meanwhile: ``may_leave`` is asked as late as can be, and after
        its no the message is ``Delivery.WITHDRAWN``.

        Raises:
            ProviderUnavailableError: nothing was accepted; the same call may be made again later.
            ProviderRejectedError: the provider refuses this message for good.

        """
        ...


def message_id_of(message_id: UUID, sender: Mailbox) -> str:
    """The Message-ID header of a stored message: the same on every try."""
    return f"<{message_id}@{sender.address.rpartition('@')[2]}>"
