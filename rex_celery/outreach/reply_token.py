"""The token in a Reply-To address (``ada+<token>@…``): it names the message that is answered, and cannot be made up."""

import binascii
import hashlib
import hmac
from base64 import b32decode, b32encode
from collections.abc import Iterable
from functools import lru_cache
from uuid import UUID

# 16 bytes of id and 4 of signature are 32 letters of base32 without padding. Mail servers may change an address to
# lower or upper case, so base64 would not do; ids are random, so 4 bytes leave nobody anything to guess.
_SIGNATURE_BYTES = 4
_LENGTH = 32
# RFC 5321: what stands before the @ has at most 64 characters.
_LONGEST_LOCAL = 64


def token(secret: str, message_id: UUID) -> str:
    """32 lower-case letters and digits that name the message."""
    return b32encode(message_id.bytes + _signature(secret, message_id)).decode().lower()


def read(secret: str, written: str) -> UUID | None:
    """The message that a token names, in whatever case it came; None when it was not made with this secret."""
    if len(written) != _LENGTH:
        return None
    try:
        plain = b32decode(written.upper())
    except (binascii.Error, ValueError):
        return None
    message_id = UUID(bytes=plain[:-_SIGNATURE_BYTES])
    return message_id if hmac.compare_digest(plain[-_SIGNATURE_BYTES:], _signature(secret, message_id)) else None


def address(secret: str, message_id: UUID, mailbox: str) -> str:
    """The mailbox with the token in it; without it where the address would become too long for mail servers."""
    local, _, domain = mailbox.rpartition("@")
    tagged = f"{local}+{token(secret, message_id)}"
    return f"{tagged}@{domain}" if local and len(tagged) <= _LONGEST_LOCAL else mailbox


def find(secret: str, recipients: Iterable[str]) -> UUID | None:
    """The message named by the first of these addresses that holds a token."""
    for recipient in recipients:
        tag = recipient.rpartition("@")[0].rpartition("+")[2]
        if message_id := read(secret, tag):
            return message_id
    return None


def _signature(secret: str, message_id: UUID) -> bytes:
    return hmac.digest(_key(secret), message_id.bytes, hashlib.sha256)[:_SIGNATURE_BYTES]


@lru_cache(maxsize=4)
def _key(secret: str) -> bytes:
    if not secret:
        raise ValueError("An empty secret would let anyone make reply addresses.")
    return hmac.digest(secret.encode(), b"rex.reply-to", hashlib.sha256)
