"""A mail that came in, read whatever its bytes: a person's or a machine's words, a bounce, or a complaint."""

from datetime import datetime
from hashlib import sha256
from typing import Final

from rex_celery.integrations import mail_automatic, mail_own_words, mail_parts, mail_reports
from rex_celery.integrations.base import InboundEmail, Mailbox
from rex_celery.integrations.mail_reports import BounceReport, ComplaintReport

Incoming = InboundEmail | BounceReport | ComplaintReport

# To whom it was sent, be it by name, by alias or with a token behind a plus; the servers on the way know it best.
_RECIPIENTS: Final = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-forwarded-to", "apparently-to")
_KEPT_HEADERS: Final = (
    *("date", "reply-to", "return-path", "auto-submitted", "precedence", "list-id", "x-auto-response-suppress"),
    *("content-language", "thread-topic", "thread-index"),
)
_LONGEST_LINE = 998


def read(raw: bytes, received_at: datetime) -> Incoming:
    """What came in; no bytes whatever make it raise.

    Its moment is when it was received: what a mail says about its own date may be anything.
    """
    message = mail_parts.parse(raw)
    sender = next(iter(mail_parts.mailboxes(message, "from", "sender", "return-path")), Mailbox(""))
    message_id = message_id_of(raw)
    report = mail_reports.read(raw, message_id, sender.address, received_at)
    if report is not None:
        return report
    text = mail_parts.text(message)
    return InboundEmail(
        message_id,
        sender,
        tuple(mailbox.address for mailbox in mail_parts.mailboxes(message, *_RECIPIENTS)),
        mail_parts.header(message, "subject")[:_LONGEST_LINE],
        text,
        mail_own_words.of(text),
        received_at,
        next(iter(mail_parts.ids(message, "in-reply-to")), ""),
        mail_parts.ids(message, "references"),
        mail_automatic.kind_of(message, sender.address),
        {name: words[:_LONGEST_LINE] for name in _KEPT_HEADERS if (words := mail_parts.header(message, name))},
    )


def message_id_of(raw: bytes) -> str:
    """The mail's Message-ID with its angle brackets; without one a name that the same bytes get again."""
    named = mail_parts.ids(mail_parts.only_headers(raw), "message-id")
    return named[0] if named else f"<{sha256(raw).hexdigest()}@no-message-id>"
