"""Handing over messages one after the other, without losing a result when the provider fails in the middle."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from rex_celery.errors import ProviderUnavailableError
from rex_celery.integrations.base import BrokenOffError, Delivery, Outbound, Receipt

log = structlog.get_logger()

# What a message raises that is other than anybody thought of: its own trouble, not the provider's and not Postgres'.
CHOKED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def send_each(messages: Sequence[Outbound], provider: str, hand_over: Callable[[Outbound], Receipt]) -> list[Receipt]:
    """A receipt for each message, as ``base.Sender.send`` promises, but for one that ``hand_over`` chokes on.

    Raises:
        BrokenOffError: ``hand_over`` found that the provider takes nothing more.

    """
    receipts: list[Receipt] = []
    for message in messages:
        try:
            receipts.append(replace(hand_over(message), id=message.id))
        except ProviderUnavailableError as error:
            raise broken_off(messages, provider, receipts, error) from error
        except CHOKED:
            # Its own trouble alone: the results of those before it are not lost, and those after it go.
            log.exception("message_not_handed_over", provider=provider, message_id=str(message.id))
    return receipts


def broken_off(
    messages: Sequence[Outbound], provider: str, receipts: Sequence[Receipt], error: ProviderUnavailableError
) -> BrokenOffError:
    """What to raise when a provider fails for everybody: whoever has no receipt yet was not taken."""
    known = {receipt.id for receipt in receipts}
    reason, wait = "provider_unavailable", error.retry_after
    left = [
        Receipt(Delivery.DEFERRED, provider, id=message.id, reason=reason, retry_after=wait)
        for message in messages
        if message.id not in known
    ]
    return BrokenOffError(error, [*receipts, *left])
