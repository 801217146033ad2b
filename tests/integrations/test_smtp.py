"""E-mail through a real SMTP server."""

# ruff: noqa: N802  aiosmtpd looks for these names and passes these arguments

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import SecretStr

from rex_celery.config import Settings
from rex_celery.errors import ProviderRejectedError, ProviderUnavailableError
from rex_celery.integrations.base import Delivery, Mailbox, OutboundEmail, message_id_of
from rex_celery.integrations.smtp import SmtpEmailSender, SmtpServer, server_of

SENDER = Mailbox("maria@north.example", "Maria Lopez")


class Mailhost:
    """A server that keeps what it took and answers as the recipient's address asks."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.connections: set[int] = set()
        self.tired = False

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections.add(id(session))
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.tired:
            self.tired = False
            return "421 4.4.2 Idle for too long"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        asked = {
            "busy": "450 4.2.1 Mailbox busy",
            "gone": "550 5.1.1 No such user",
            "unsigned": "550 5.7.26 Unauthenticated email",
            "closing": "421 4.3.2 Shutting down",
        }
        if answer := asked.get(address.partition("@")[0]):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        wish = envelope.rcpt_tos[0].partition("@")[0]
        if wish == "full":
            return "452 4.3.1 No room"
        if wish == "refused":
            return "554 5.7.1 Message refused"
        self.taken.append(envelope)
        if wish == "drop":
            _hang_up(server)
        if wish == "slow":
            await asyncio.Event().wait()
        return "250 OK: queued as 4A8B"


@pytest.fixture
def mailhost() -> Mailhost:
    return Mailhost()


@pytest.fixture
def server(mailhost: Mailhost) -> Iterator[SmtpServer]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(mailhost, hostname="127.0.0.1", port=port)
    controller.start()
    yield SmtpServer("127.0.0.1", port, security="none", timeout=5.0)
    controller.stop()


@pytest.fixture
def sender(server: SmtpServer) -> Iterator[SmtpEmailSender]:
    sender = SmtpEmailSender(server)
    yield sender
    sender.close()


def an_email(to: str = "kim", **fields: object) -> OutboundEmail:
    message = OutboundEmail(
        message_id=message_id_of(uuid4(), SENDER),
        sender=SENDER,
        recipient=Mailbox(f"{to}@example.com", "Kim Lee"),
        subject="Still open?",
        body="Hello Kim,\n\n.a line with a dot\n“no thanks”\n.\n",
        unsubscribe_url="https://rex.example/u/" + "x" * 100,
        sent_at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
    )
    return replace(message, **fields)  # type: ignore[arg-type]


def test_a_message_arrives_as_it_was_written(sender: SmtpEmailSender, mailhost: Mailhost) -> None:
    message = an_email()
    receipt = sender.send(message)
    assert (receipt.delivery, receipt.provider, receipt.provider_id) == (Delivery.ACCEPTED, "smtp", "4A8B")
    (envelope,) = mailhost.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == ("maria@north.example", ["kim@example.com"])
    assert isinstance(envelope.content, bytes)
    read = message_from_bytes(envelope.content, policy=policy.default)
    assert read["Message-ID"] == message.message_id
    assert read["List-Unsubscribe"] == f"<{message.unsubscribe_url}>"
    assert read.get_content().replace("\r\n", "\n") == message.body


def test_many_messages_share_one_connection(sender: SmtpEmailSender, mailhost: Mailhost) -> None:
    for _ in range(3):
        sender.send(an_email())
    assert (len(mailhost.taken), len(mailhost.connections)) == (3, 1)


def test_a_message_that_is_taken_back_never_reaches_the_server_and_the_next_one_uses_the_connection(
    sender: SmtpEmailSender, mailhost: Mailhost
) -> None:
    assert sender.send(an_email(), lambda: False).delivery is Delivery.WITHDRAWN
    with pytest.raises(ZeroDivisionError):
        sender.send(an_email(), lambda: 1 / 0)  # type: ignore[arg-type,return-value]
    assert sender.send(an_email("lee"), lambda: True).delivery is Delivery.ACCEPTED
    assert [envelope.rcpt_tos for envelope in mailhost.taken] == [["lee@example.com"]]
    assert len(mailhost.connections) == 1


@pytest.mark.parametrize("to", ["busy", "full", "closing"])
def test_a_four_hundred_may_be_tried_again(sender: SmtpEmailSender, mailhost: Mailhost, to: str) -> None:
    with pytest.raises(ProviderUnavailableError):
        sender.send(an_email(to))
    assert mailhost.taken == []


@pytest.mark.parametrize(("to", "code"), [("gone", "550 5.1.1"), ("unsigned", "550 5.7.26"), ("refused", "554 5.7.1")])
def test_a_five_hundred_is_final_and_keeps_its_code(sender: SmtpEmailSender, to: str, code: str) -> None:
    with pytest.raises(ProviderRejectedError) as refusal:
        sender.send(an_email(to))
    assert refusal.value.code == code


@pytest.mark.parametrize("to", ["busy", "gone", "refused", "full"])
def test_after_a_refusal_the_next_message_uses_the_same_connection(
    sender: SmtpEmailSender, mailhost: Mailhost, to: str
) -> None:
    with pytest.raises((ProviderRejectedError, ProviderUnavailableError)):
        sender.send(an_email(to))
    assert sender.send(an_email()).delivery is Delivery.ACCEPTED
    assert len(mailhost.connections) == 1


def test_a_connection_lost_after_the_text_leaves_the_result_unknown(
    sender: SmtpEmailSender, mailhost: Mailhost
) -> None:
    assert sender.send(an_email("drop")).delivery is Delivery.UNKNOWN
    assert len(mailhost.taken) == 1  # the server has it: a second try would be a second message
    assert sender.send(an_email()).delivery is Delivery.ACCEPTED


def test_a_server_too_slow_to_answer_leaves_the_result_unknown(server: SmtpServer, mailhost: Mailhost) -> None:
    sender = SmtpEmailSender(replace(server, timeout=0.3))
    assert sender.send(an_email("slow")).delivery is Delivery.UNKNOWN
    assert len(mailhost.taken) == 1


def test_a_kept_connection_that_died_is_replaced_before_anything_is_sent(
    sender: SmtpEmailSender, mailhost: Mailhost
) -> None:
    sender.send(an_email())
    assert sender._connection is not None
    assert sender._connection.sock is not None
    sender._connection.sock.shutdown(socket.SHUT_RDWR)
    assert sender.send(an_email()).delivery is Delivery.ACCEPTED
    assert (len(mailhost.taken), len(mailhost.connections)) == (2, 2)


def test_a_server_that_closes_a_kept_connection_gets_the_message_on_a_new_one(
    sender: SmtpEmailSender, mailhost: Mailhost
) -> None:
    sender.send(an_email())
    mailhost.tired = True
    assert sender.send(an_email()).delivery is Delivery.ACCEPTED
    assert (len(mailhost.taken), len(mailhost.connections)) == (2, 2)


def test_no_server_at_all_may_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ProviderUnavailableError, match="No connection"):
        SmtpEmailSender(SmtpServer("127.0.0.1", port, timeout=1.0)).send(an_email())


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_encryption_that_is_not_offered_is_never_given_up(
    server: SmtpServer, mailhost: Mailhost, security: str
) -> None:
    with pytest.raises(ProviderUnavailableError, match="No connection"):
        SmtpEmailSender(replace(server, security=security, timeout=1.0)).send(an_email())
    assert mailhost.taken == []


def test_a_refused_sign_in_says_so_and_sends_nothing(mailhost: Mailhost) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(mailhost, "127.0.0.1", port, authenticator=_only_maria, auth_require_tls=False)
    controller.start()
    known = SmtpServer("127.0.0.1", port, "maria", "right", security="none", timeout=5.0)
    sender = SmtpEmailSender(known)
    assert sender.send(an_email()).delivery is Delivery.ACCEPTED
    sender.close()
    with pytest.raises(ProviderUnavailableError, match="sign-in"):
        SmtpEmailSender(replace(known, password="wrong")).send(an_email())
    controller.stop()
    assert len(mailhost.taken) == 1


def test_a_message_that_cannot_be_written_opens_no_connection(sender: SmtpEmailSender, mailhost: Mailhost) -> None:
    with pytest.raises(ProviderRejectedError):
        sender.send(an_email(subject="x\r\nBcc: all@example.com"))
    assert mailhost.connections == set()


def test_the_settings_name_the_server() -> None:
    settings = Settings(
        smtp_host="mail.example", smtp_username="maria", smtp_password=SecretStr("right"), smtp_security="tls"
    )
    assert server_of(settings) == SmtpServer("mail.example", 587, "maria", "right", "tls", 30.0)


def _hang_up(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


def _only_maria(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, credentials: LoginPassword
) -> AuthResult:
    return AuthResult(success=credentials.password == b"right", handled=False)
