"""Many messages through one mail server, each with its own result."""

import socket
from collections.abc import Iterator
from dataclasses import replace

import dkim
import pytest

from rex_celery.errors import ProviderUnavailableError
from rex_celery.integrations.base import BrokenOffError, Delivery
from rex_celery.integrations.signing import DkimKey
from rex_celery.integrations.smtp import SmtpServer
from rex_celery.integrations.smtp_sender import SmtpSender
from tests.integrations.outbound import Ledger, an_email
from tests.integrations.test_signing import KEY, dns, pem
from tests.integrations.test_smtp import Mailhost, mailhost, server

__all__ = ["mailhost", "server"]


@pytest.fixture
def sender(server: SmtpServer) -> Iterator[SmtpSender]:
    sender = SmtpSender(server)
    yield sender
    sender.close()


def test_one_refused_recipient_is_nobody_elses_problem(sender: SmtpSender, mailhost: Mailhost) -> None:
    names = ["ann", "busy", "gone", "bob", "unsigned", "full"]
    messages = [an_email(name) for name in names]
    receipts = sender.send(messages, Ledger())
    assert [receipt.id for receipt in receipts] == [message.id for message in messages]
    assert [(r.delivery, r.code, r.reason) for r in receipts] == [
        (Delivery.ACCEPTED, "", ""),
        (Delivery.DEFERRED, "450 4.2.1", "waiting_retry"),
        (Delivery.REJECTED, "550 5.1.1", "invalid_mailbox"),
        (Delivery.ACCEPTED, "", ""),
        (Delivery.REJECTED, "550 5.7.26", "sender_unauthenticated"),
        (Delivery.DEFERRED, "452 4.3.1", "waiting_retry"),
    ]
    assert [envelope.rcpt_tos for envelope in mailhost.taken] == [["ann@example.com"], ["bob@example.com"]]
    assert len(mailhost.connections) == 1


def test_the_ledger_is_asked_for_each_message_when_only_its_text_is_missing(
    sender: SmtpSender, mailhost: Mailhost
) -> None:
    messages = [an_email("ann"), an_email("gone"), an_email("bob")]
    ledger = Ledger(messages[2].id)
    receipts = sender.send(messages, ledger)
    # The server refused the second one before its text, so nobody had to be asked.
    assert ledger.asked == [[messages[0].id], [messages[2].id]]
    assert receipts[2].delivery is Delivery.WITHDRAWN
    assert len(mailhost.taken) == 1


def test_a_lost_answer_is_unknown_and_the_others_go_on(sender: SmtpSender, mailhost: Mailhost) -> None:
    receipts = sender.send([an_email("ann"), an_email("drop"), an_email("bob")], Ledger())
    assert [r.delivery for r in receipts] == [Delivery.ACCEPTED, Delivery.UNKNOWN, Delivery.ACCEPTED]
    assert len(mailhost.taken) == 3


def test_when_the_server_goes_away_what_it_took_is_not_lost(sender: SmtpSender, mailhost: Mailhost) -> None:
    messages = [an_email("ann"), an_email("closing"), an_email("bob")]
    with pytest.raises(BrokenOffError, match="hung up") as trouble:
        sender.send(messages, Ledger())
    assert [(r.id, r.delivery, r.reason) for r in trouble.value.receipts] == [
        (messages[0].id, Delivery.ACCEPTED, ""),
        (messages[1].id, Delivery.DEFERRED, "provider_unavailable"),
        (messages[2].id, Delivery.DEFERRED, "provider_unavailable"),
    ]
    assert len(mailhost.taken) == 1


def test_a_message_that_cannot_be_written_is_refused_alone(sender: SmtpSender, mailhost: Mailhost) -> None:
    receipts = sender.send([an_email(subject="x\r\nBcc: a@example.com"), an_email("ann")], Ledger())
    assert [(r.delivery, r.reason) for r in receipts] == [
        (Delivery.REJECTED, "provider_rejected"),
        (Delivery.ACCEPTED, ""),
    ]


def test_signed_mail_arrives_with_a_good_signature(server: SmtpServer, mailhost: Mailhost) -> None:
    signing = SmtpSender(server, DkimKey("north.example.com", "rex", pem(KEY)))
    message = an_email(
        "ann", body="Hello\n.\n..dots at the start survive\n", in_reply_to="<1@x>", references=("<1@x>",)
    )
    assert [r.delivery for r in signing.send([message], Ledger())] == [Delivery.ACCEPTED]
    signing.close()
    (envelope,) = mailhost.taken
    assert isinstance(envelope.content, bytes)
    assert dkim.verify(envelope.content, dnsfunc=dns)
    assert b"In-Reply-To: <1@x>" in envelope.content


def test_a_check_signs_in_and_sends_nothing(server: SmtpServer, mailhost: Mailhost) -> None:
    SmtpSender(server).check()
    assert len(mailhost.connections) == 1
    assert mailhost.taken == []
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ProviderUnavailableError, match="No connection"):
        SmtpSender(replace(server, port=port)).check()
