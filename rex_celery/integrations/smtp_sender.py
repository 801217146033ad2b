"""Any mail server as a way to send: many messages over one connection, each with its own result."""

from collections.abc import Sequence

from rex_celery.errors import ProviderRejectedError
from rex_celery.integrations import one_by_one, smtp_replies
from rex_celery.integrations.base import Delivery, Outbound, OutboundEmail, Receipt, Submit
from rex_celery.integrations.signing import DkimKey, signer
from rex_celery.integrations.smtp import SmtpEmailSender, SmtpServer

PROVIDER = "smtp"
# A server that is slow with each of them still lets a stop through within minutes.
MOST = 20


class SmtpSender:
    """Sends through one server, signed if a key is given; for one thread at a time.

    ``submit`` is asked about each message when the server has agreed to everything but its text. A 4xx is that
    message's own (``DEFERRED``), a 5xx too (``REJECTED``); a lost answer is ``UNKNOWN`` and never tried again.
    """

    most = MOST
    reports_delivery = False

    def __init__(self, server: SmtpServer, key: DkimKey | None = None) -> None:
        self._server = SmtpEmailSender(server, signer(key)) if key else SmtpEmailSender(server)

    def send(self, messages: Sequence[Outbound], submit: Submit) -> list[Receipt]:
        """Hand over one message after the other, as ``base.Sender`` says."""
        return one_by_one.send_each(messages, PROVIDER, lambda message: self._hand_over(message, submit))

    def check(self) -> None:
        """Connect and sign in, and send nothing.

        Raises:
            ProviderUnavailableError: one of these failed.

        """
        self._server.check()

    def close(self) -> None:
        """Drop the connection; the next message opens another."""
        self._server.close()

    def _hand_over(self, message: Outbound, submit: Submit) -> Receipt:
        if not isinstance(message.content, OutboundEmail):
            raise TypeError("a mail server takes e-mail only")
        try:
            return self._server.send(message.content, lambda: message.id in submit([message.id]))
        except smtp_replies.DeferredError as error:
            return Receipt(Delivery.DEFERRED, PROVIDER, code=error.code, reason="waiting_retry")
        except ProviderRejectedError as error:
            reason = smtp_replies.reason_of(error.code)
            return Receipt(Delivery.REJECTED, PROVIDER, code=error.code, reason=reason)
