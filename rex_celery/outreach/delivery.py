"""The ways a message leaves: the built-in outbox, a mail server, or a tenant's own account at a provider."""

from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from rex_celery import config
from rex_celery.compliance import unsubscribe
from rex_celery.errors import ProviderUnavailableError
from rex_celery.integrations.base import EmailSender, Mailbox, OutboundEmail, Sender, message_id_of
from rex_celery.integrations.smtp import SmtpEmailSender, server_of
from rex_celery.integrations.smtp_sender import SmtpSender
from rex_celery.outreach import accounts
from rex_celery.outreach.accounts import Account
from rex_celery.vocabulary import Channel

# Of this process, by connection, with the moment when the connection was last changed. A worker's process does one
# task at a time, so the kept connection to a mail server is never used by two.
_made: dict[UUID, tuple[datetime, Account]] = {}


@cache
def email_sender() -> EmailSender | None:
    """The mail server of this process, or None when the built-in outbox takes delivery."""
    settings = config.settings()
    return SmtpEmailSender(server_of(settings)) if settings.delivery == "smtp" else None


def outbox_channels(*, mail: bool) -> list[str]:
    """The channels that the built-in outbox takes: all of them, or all but e-mail when a mail server takes ``mail``."""
    return [str(one) for one in Channel if one is not Channel.EMAIL or not mail]


def letter(  # noqa: PLR0913  the parts of a letter
    *, tenant_id: UUID, message_id: UUID, recipient: str, subject: str, body: str, sender: dict[str, Any], at: datetime
) -> OutboundEmail:
    """One stored message as it goes out, the same on every call but for its date."""
    settings = config.settings()
    mailbox = Mailbox(sender["email"], sender["name"])
    secret = settings.secret_key.get_secret_value()
    return OutboundEmail(
        message_id=message_id_of(message_id, mailbox),
        sender=mailbox,
        recipient=Mailbox(recipient),
        subject=subject,
        body=body,
        unsubscribe_url=unsubscribe.link(settings.public_url, secret, tenant_id, message_id),
        sent_at=at,
    )


def sender_for(inbox: Row[Any], connection: Row[Any] | None) -> Sender:
    """The way out of an inbox: its connection's, or the mail server of the settings. Kept by this process.

    ``inbox`` needs ``provider``; ``connection`` what ``accounts.of`` needs.

    Raises:
        ProviderUnavailableError: it has none, or its credentials cannot be read. The outbox and LinkedIn by hand have
            no sender: they are the caller's.

    """
    if connection is None:
        if inbox.provider != "smtp" or not config.settings().smtp_host:
            raise ProviderUnavailableError(f"The inbox has no account at its provider ({inbox.provider}).")
        return _server_of_the_settings()
    kept = _made.get(connection.id)
    if kept and kept[0] == connection.updated_at:
        return kept[1]
    if kept and isinstance(kept[1], SmtpSender):
        kept[1].close()
    account = accounts.of(connection)
    _made[connection.id] = (connection.updated_at, account)
    return account


def check(connection: Row[Any]) -> None:
    """See whether a connection would work, and send nothing.

    Raises:
        ProviderUnavailableError: it would not; the message says why.

    """
    accounts.of(connection).check()


@cache
def _server_of_the_settings() -> SmtpSender:
    return SmtpSender(server_of(config.settings()))
