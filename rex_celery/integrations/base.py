"""What REX asks of providers that send, and what it hears back from them, whoever they are."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from rex_celery.errors import ProviderUnavailableError


class Delivery(StrEnum):
    """What is known about a message that was handed over."""

    ACCEPTED = "accepted"
    # The provider had the whole message, but its answer never came. Sending again might deliver it twice.
    UNKNOWN = "unknown"
    # The caller took it back before the provider was given its text.
    WITHDRAWN = "withdrawn"
    # The provider refuses this message for good; nothing was accepted.
    REJECTED = "rejected"
    # The provider does not want this message now; nothing was accepted, and it may be tried again.
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address and the name shown with it; the name may be empty."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class OutboundEmail:
    """One message to one person. ``message_id`` comes from ``message_id_of``, so a repeat is recognised as one.

    ``in_reply_to`` and ``references`` (oldest first) are Message-IDs with their angle brackets.
    """

    message_id: str
    sender: Mailbox
    recipient: Mailbox
    subject: str
    body: str
    unsubscribe_url: str
    sent_at: datetime
    reply_to: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutboundText:
    """One text message or LinkedIn message to one person; worthless, and so not to be delivered, after ``valid_until``."""  # noqa: E501

    sender: str
    recipient: str
    body: str
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outbound:
    """A claimed message as a provider gets it.

    ``id`` is the ledger's: all that a provider is told of it, but for ``campaign_id`` to group its statistics by.
    """

    id: UUID
    content: OutboundEmail | OutboundText
    campaign_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """``provider_id`` is what the provider calls the message, empty if it did not say.

    ``id`` is the ledger's id where a sender takes several messages. ``reason`` is a code of ``rex_celery.reasons`` and
    ``code`` the provider's own, both for a message that was rejected or deferred.
    """

    delivery: Delivery
    provider: str
    provider_id: str = ""
    id: UUID | None = None
    code: str = ""
    reason: str = ""
    retry_after: timedelta | None = None
    segments: int | None = None
    price: Decimal | None = None


def always() -> bool:
    """Nothing speaks against sending."""
    return True


class EmailSender(Protocol):
    """A way to send e-mail, one message at a time."""

    def send(self, message: OutboundEmail, may_leave: Callable[[], bool] = always) -> Receipt:
        """Hand over one message, once.

        Connecting may take a while, and a stop may come meanwhile: ``may_leave`` is asked as late as can be, and after
        its no the message is ``Delivery.WITHDRAWN``.

        Raises:
            ProviderUnavailableError: nothing was accepted; the same call may be made again later.
            ProviderRejectedError: the provider refuses this message for good.

        """
        ...


class BrokenOffError(ProviderUnavailableError):
    """A provider failed for everybody in the middle of a call.

    ``receipts`` has one for each message of the call: what was known by then, and ``Delivery.DEFERRED`` with the reason
    ``provider_unavailable`` for those that surely were not accepted, also where ``submit`` had let them go.
    """

    def __init__(self, trouble: ProviderUnavailableError, receipts: Sequence[Receipt]) -> None:
        super().__init__(trouble.detail, retry_after=trouble.retry_after)
        self.receipts = tuple(receipts)


# Asked as late as can be with the ids that are about to leave; answers with those that still may. From that answer on
# the ledger holds them as submitted, so whoever got it must hand them over or say that they were not.
Submit = Callable[[Collection[UUID]], Collection[UUID]]


class Sender(Protocol):
    """A way to send many messages of one channel; ``most`` is how many it takes in one call."""

    @property
    def most(self) -> int:
        """How many messages one call may hold."""
        ...

    @property
    def reports_delivery(self) -> bool:
        """Whether it tells later that a message has arrived."""
        ...

    def send(self, messages: Sequence[Outbound], submit: Submit) -> list[Receipt]:
        """Hand messages over, each at most once; one receipt for each, with its ``id``, in any order.

        Raises:
            BrokenOffError: the provider cannot be reached or refuses everybody; no known result is lost with it.

        """
        ...


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """One thing that somebody said about a delivery.

    ``kind``: accepted, deferred, delivered, bounced (the address is dead), blocked (the sender's or the content's
    problem), dropped, complained, opened, clicked, unsubscribed, failed. ``source``: api, webhook, dsn, arf, inbound.
    ``message_id`` is the ledger's id where the provider gave it back; else ``provider_message_id`` or the Message-ID
    header in ``rfc_message_id``, else ``recipient`` and the time must do. ``evidence`` of opens and clicks: human,
    machine or likely_machine.
    """

    provider: str
    event_id: str
    kind: str
    source: str
    at: datetime
    message_id: UUID | None = None
    provider_message_id: str = ""
    rfc_message_id: str = ""
    recipient: str = ""
    code: str = ""
    classification: str = ""
    evidence: str = ""
    details: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InboundEmail:
    """A mail that came in, read. ``automatic``: empty, or auto_reply, auto_generated, bulk (RFC 3834 and its kin).

    ``message_id``, ``in_reply_to`` and ``references`` with angle brackets; ``text`` is all of it, ``reply`` the
    person's own words without what they quote.
    """

    message_id: str
    sender: Mailbox
    recipients: tuple[str, ...]
    subject: str
    text: str
    reply: str
    at: datetime
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    automatic: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InboundText:
    """A text message that came in. ``opt_out_type``: empty, STOP, HELP or START, where the provider says so."""

    provider_id: str
    sender: str
    recipient: str
    text: str
    at: datetime
    opt_out_type: str = ""


def message_id_of(message_id: UUID, sender: Mailbox) -> str:
    """The Message-ID header of a stored message: the same on every try."""
    return f"<{message_id}@{sender.address.rpartition('@')[2]}>"
