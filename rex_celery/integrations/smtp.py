"""E-mail through any SMTP server: one connection for many messages, and never a second try once one may be accepted."""

import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from rex_celery.config import Settings
from rex_celery.errors import ProviderUnavailableError
from rex_celery.integrations import smtp_replies
from rex_celery.integrations.base import Delivery, OutboundEmail, Receipt, always
from rex_celery.integrations.eml import as_eml, ascii_address

log = structlog.get_logger()

_OK: Final = range(200, 300)
_GO_AHEAD: Final = range(354, 355)
_CLOSING: Final = 421
_QUEUED_AS = re.compile(rb"queued as (\S+)|\bid[=: ]+(\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where the server is. ``security`` is starttls, tls or none; ``timeout`` in seconds, for each answer."""

    host: str
    port: int = 587
    username: str = ""
    password: str = ""
    security: str = "starttls"
    timeout: float = 30.0


def server_of(settings: Settings) -> SmtpServer:
    """The server that the settings name."""
    return SmtpServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_username,
        settings.smtp_password.get_secret_value(),
        settings.smtp_security,
        settings.smtp_timeout_seconds,
    )


class SmtpEmailSender:
    """Keeps its connection open between messages; for one thread at a time.

    ``sign`` gets every message as it would go out and answers with what to send instead.
    """

    def __init__(self, server: SmtpServer, sign: Callable[[bytes], bytes] = bytes) -> None:
        self._server = server
        self._sign = sign
        self._connection: smtplib.SMTP | None = None

    def send(self, message: OutboundEmail, may_leave: Callable[[], bool] = always) -> Receipt:
        """Hand over one message; ``may_leave`` is asked when the server has agreed to everything but the text.

        Until the server has been given the text, every trouble is safe to retry. From then on a lost connection or a
        missing answer is ``Delivery.UNKNOWN``: the server may have taken the message.

        Raises:
            ProviderUnavailableError: no connection, no sign-in; nothing was accepted.
            DeferredError: an answer of 4xx; nothing was accepted.
            ProviderRejectedError: an answer of 5xx, or a message that cannot be written.

        """
        sender, recipient = ascii_address(message.sender.address), ascii_address(message.recipient.address)
        content = _transparent(self._sign(as_eml(message)))
        connection = self._announce(sender, recipient)
        if not self._confirmed(may_leave):
            return Receipt(Delivery.WITHDRAWN, "smtp")
        self._begin_text(connection)
        try:
            connection.send(content)
            code, text = connection.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            log.warning("smtp_answer_lost", error=type(error).__name__)
            return Receipt(Delivery.UNKNOWN, "smtp")
        return self._receipt(code, text)

    def check(self) -> None:
        """Connect, sign in and say NOOP.

        Raises:
            ProviderUnavailableError: one of these failed; the message says which.

        """
        self.close()
        self._connection = self._connect()
        try:
            self._say(self._connection, "NOOP", _OK)
        except _LostError as error:
            raise ProviderUnavailableError("The mail server hung up.") from error
        finally:
            self.close()

    def close(self) -> None:
        """Drop the connection; the next message opens another."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def _announce(self, sender: str, recipient: str) -> smtplib.SMTP:
        """Say who writes to whom. A kept connection may have died meanwhile: try a new one."""
        if self._connection:
            try:
                return self._envelope(self._connection, sender, recipient)
            except _LostError:
                self.close()
        self._connection = self._connect()
        try:
            return self._envelope(self._connection, sender, recipient)
        except _LostError as error:
            self.close()
            raise ProviderUnavailableError("The mail server hung up.") from error

    def _envelope(self, connection: smtplib.SMTP, sender: str, recipient: str) -> smtplib.SMTP:
        for command in (f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>"):
            self._say(connection, command, _OK)
        return connection

    def _confirmed(self, may_leave: Callable[[], bool]) -> bool:
        """Ask; unless the answer is yes, leave the connection as if nothing had been said."""
        confirmed = False
        try:
            confirmed = may_leave()
        finally:
            if not confirmed:
                self._reset()
        return confirmed

    def _begin_text(self, connection: smtplib.SMTP) -> None:
        try:
            self._say(connection, "DATA", _GO_AHEAD)
        except _LostError as error:
            self.close()
            raise ProviderUnavailableError("The mail server hung up.") from error

    def _say(self, connection: smtplib.SMTP, command: str, expected: range) -> None:
        try:
            code, text = connection.docmd(command)
        except (OSError, smtplib.SMTPException) as error:
            raise _LostError from error
        if code == _CLOSING or code < 0:
            raise _LostError
        if code not in expected:
            self._reset()
            raise smtp_replies.error_for(code, text)

    def _receipt(self, code: int, text: bytes) -> Receipt:
        if code in _OK:
            found = _QUEUED_AS.search(text)
            return Receipt(Delivery.ACCEPTED, "smtp", (found[1] or found[2]).decode() if found else "")
        if code < 0:  # the server said something that is no answer
            self.close()
            return Receipt(Delivery.UNKNOWN, "smtp")
        if code == _CLOSING:
            self.close()
        raise smtp_replies.error_for(code, text)

    def _reset(self) -> None:
        """Forget the envelope of the refused message, so that the next one can use the connection."""
        try:
            if self._connection:
                self._connection.rset()
        except (OSError, smtplib.SMTPException):
            self.close()

    def _connect(self) -> smtplib.SMTP:
        try:
            return _opened(self._server)
        except smtplib.SMTPAuthenticationError as error:
            raise ProviderUnavailableError(f"The mail server refuses the sign-in ({error.smtp_code}).") from error
        except (OSError, smtplib.SMTPException) as error:
            detail = f"No connection to the mail server ({type(error).__name__})."
            raise ProviderUnavailableError(detail) from error


class _LostError(Exception):
    """The connection broke before the text was sent."""


def _opened(server: SmtpServer) -> smtplib.SMTP:
    """A connection that is ready for messages."""
    if server.security == "tls":
        context = ssl.create_default_context()
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=context)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
    try:
        _prepare(connection, server)
    except (OSError, smtplib.SMTPException):
        connection.close()
        raise
    return connection


def _prepare(connection: smtplib.SMTP, server: SmtpServer) -> None:
    """Greet, encrypt and sign in. STARTTLS that is asked for and not offered is an error, never plain text."""
    connection.ehlo_or_helo_if_needed()
    if server.security == "starttls":
        connection.starttls(context=ssl.create_default_context())
        connection.ehlo_or_helo_if_needed()
    if server.username:
        connection.login(server.username, server.password)


def _transparent(content: bytes) -> bytes:
    """The text as DATA takes it: lines that begin with a dot get another one, a lone dot ends it (RFC 5321, 4.5.2)."""
    return re.sub(rb"(?m)^\.", b"..", content) + b".\r\n"
