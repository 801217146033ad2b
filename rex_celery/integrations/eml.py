"""A message as RFC 5322 bytes: what SMTP sends and what the outbox gives to download."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from typing import Any

from rex_celery.errors import ProviderRejectedError
from rex_celery.integrations.base import Mailbox, OutboundEmail

# Folded in the middle of an address, these have broken DKIM signatures and one-click unsubscribing; RFC 5322 allows
# lines of 998 characters.
_ONE_LINE = frozenset({"list-unsubscribe", "list-unsubscribe-post", "message-id", "in-reply-to"})
# Its ids may together be longer than that: one to a line, none of them broken.
_ONE_ID_A_LINE = "references"


class _UnfoldedPolicy(EmailPolicy):
    """SMTP line ends, and no Message-ID or address of a web page ever folded in the middle."""

    def fold(self, name: str, value: Any) -> str:
        return self._whole(name, value) or super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        whole = self._whole(name, value)
        return whole.encode("ascii") if whole else super().fold_binary(name, value)

    def _whole(self, name: str, value: Any) -> str | None:
        if name.lower() == _ONE_ID_A_LINE:
            return f"{name}: {f'{self.linesep} '.join(str(value).split())}{self.linesep}"
        return f"{name}: {value}{self.linesep}" if name.lower() in _ONE_LINE else None


_POLICY = _UnfoldedPolicy(linesep=SMTP.linesep)


def as_eml(message: OutboundEmail) -> bytes:
    """The whole message with CRLF line ends, ASCII only.

    Raises:
        ProviderRejectedError: an address or a header cannot be written, for example because of a line break in it.

    """
    built = EmailMessage(policy=_POLICY)
    try:
        built["Date"] = format_datetime(message.sent_at)
        built["From"] = _address(message.sender)
        built["To"] = _address(message.recipient)
        built["Subject"] = message.subject
        if message.reply_to:
            built["Reply-To"] = _address(Mailbox(message.reply_to))
        for name, value in own_headers(message).items():
            built[name] = value
        # Quoted-printable keeps every line short and every byte ASCII, whatever the server can take.
        built.set_content(message.body, charset="utf-8", cte="quoted-printable")
        return built.as_bytes()
    except ValueError as error:
        raise ProviderRejectedError(f"The message cannot be written: {error}", code="invalid_header") from error


def own_headers(message: OutboundEmail) -> dict[str, str]:
    """The headers that make a message one of ours: its id, its thread, and how to be left alone (RFC 8058)."""
    headers = {
        "Message-ID": message.message_id,
        "In-Reply-To": message.in_reply_to,
        "References": " ".join(message.references),
        "List-Unsubscribe": f"<{message.unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return {name: value for name, value in headers.items() if value}


def ascii_address(address: str) -> str:
    """The address with its domain as the name system knows it (IDNA).

    Raises:
        ProviderRejectedError: the part before the @ needs SMTPUTF8, which REX does not send, or the domain is no name.

    """
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}".encode("ascii").decode("ascii")
    except UnicodeError as error:
        raise ProviderRejectedError("The address is not plain ASCII.", code="553 5.6.7") from error


def _address(mailbox: Mailbox) -> Address:
    return Address(display_name=mailbox.name, addr_spec=ascii_address(mailbox.address))
