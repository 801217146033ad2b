"""The stand-in for a provider behaves as the real one may."""

from datetime import UTC, datetime

import pytest

from rex_celery.errors import ProviderUnavailableError
from rex_celery.integrations.base import Delivery, EmailSender, Mailbox, OutboundEmail, Receipt
from rex_celery.integrations.fakes import FakeEmailSender

MESSAGE = OutboundEmail(
    "<1@north.example>",
    Mailbox("maria@north.example"),
    Mailbox("kim@example.com"),
    "Still open?",
    "Hello",
    "https://rex.example/u/1",
    datetime(2026, 11, 20, tzinfo=UTC),
)


def test_what_was_sent_can_be_read() -> None:
    fake = FakeEmailSender()
    sender: EmailSender = fake
    assert sender.send(MESSAGE).delivery is Delivery.ACCEPTED
    assert fake.sent == [MESSAGE]


def test_an_error_is_raised_and_nothing_is_sent() -> None:
    fake = FakeEmailSender(ProviderUnavailableError("down"), Receipt(Delivery.UNKNOWN, "fake"))
    with pytest.raises(ProviderUnavailableError):
        fake.send(MESSAGE)
    assert fake.sent == []
    assert fake.send(MESSAGE).delivery is Delivery.UNKNOWN
    assert fake.sent == [MESSAGE]
