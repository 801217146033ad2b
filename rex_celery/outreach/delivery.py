"""The ways a message leaves: the built-in outbox, or a mail server when one is configured."""

from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from rex_celery import config
from rex_celery.compliance import unsubscribe
from rex_celery.integrations.base import EmailSender, Mailbox, OutboundEmail, message_id_of
from rex_celery.integrations.smtp import SmtpEmailSender, server_of
from rex_celery.vocabulary import Channel


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
