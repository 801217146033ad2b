"""The stand-in for a provider behaves as the real one may."""

from datetime import UTC, datetime, timedelta

import pytest

from rex_celery.errors import ProviderUnavailableError
from rex_celery.integrations.base import BrokenOffError, Delivery, EmailSender, Mailbox, OutboundEmail, Receipt, Sender
from rex_celery.integrations.fakes import FakeEmailSender, FakeSender
from tests.integrations.outbound import Ledger, an_email

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


def test_the_fake_of_many_asks_before_each_and_does_as_it_is_told() -> None:
    messages = [an_email(name) for name in ("ann", "bob", "cy", "dan")]
    ann, bob, cy, dan = (message.id for message in messages)
    fake = FakeSender({bob: Receipt(Delivery.REJECTED, "fake"), cy: Receipt(Delivery.UNKNOWN, "fake")})
    sender: Sender = fake
    ledger = Ledger(dan)
    receipts = sender.send(messages, ledger)
    assert [(r.id, r.delivery) for r in receipts] == [
        (ann, Delivery.ACCEPTED),
        (bob, Delivery.REJECTED),
        (cy, Delivery.UNKNOWN),
        (dan, Delivery.WITHDRAWN),
    ]
    assert [one.id for one in fake.sent] == [ann, cy]
    assert ledger.asked == [[message.id] for message in messages]


def test_the_fake_of_many_loses_nothing_when_it_breaks_off() -> None:
    messages = [an_email(name) for name in ("ann", "bob", "cy")]
    trouble = ProviderUnavailableError("down", retry_after=timedelta(seconds=9))
    with pytest.raises(BrokenOffError, match="down") as broken:
        FakeSender({messages[1].id: trouble}).send(messages, Ledger())
    assert [r.delivery for r in broken.value.receipts] == [Delivery.ACCEPTED, Delivery.DEFERRED, Delivery.DEFERRED]
    assert broken.value.retry_after == timedelta(seconds=9)
