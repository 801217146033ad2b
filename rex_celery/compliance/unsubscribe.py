"""The unsubscribe link: a signed token that names tenant and message, needs no stored state and never expires."""

import binascii
import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from uuid import UUID

from itsdangerous import BadSignature, Signer

from rex_celery.errors import NotFoundError

_ID_BYTES = 16


def link(public_url: str, secret: str, tenant_id: UUID, message_id: UUID) -> str:
    """The address in the footer and in List-Unsubscribe. It works as often as it is used: scanners follow links too."""
    return f"{public_url.rstrip('/')}/u/{token(secret, tenant_id, message_id)}"


def token(secret: str, tenant_id: UUID, message_id: UUID) -> str:
    """Both ids and their signature, in letters that need no escaping in an address."""
    ids = urlsafe_b64encode(tenant_id.bytes + message_id.bytes).rstrip(b"=")
    return _signer(secret).sign(ids).decode("ascii")


def read(signed: str, secret: str) -> tuple[UUID, UUID]:
    """The tenant and the message of a token.

    Raises:
        NotFoundError: the token was not made with this secret, or was cut off on its way.

    """
    try:
        ids = urlsafe_b64decode(_signer(secret).unsign(signed.encode()) + b"=")
    except (BadSignature, binascii.Error, UnicodeError) as error:
        raise _unreadable() from error
    if len(ids) != 2 * _ID_BYTES:
        raise _unreadable()
    return UUID(bytes=ids[:_ID_BYTES]), UUID(bytes=ids[_ID_BYTES:])


def _unreadable() -> NotFoundError:
    return NotFoundError(
        "This unsubscribe link is not complete.",
        code="invalid_link",
        action="Open the whole link from the message, or answer the message with “no thanks”.",
    )


@lru_cache(maxsize=4)
def _signer(secret: str) -> Signer:
    if not secret:
        raise ValueError("An empty secret would let anyone sign unsubscribe links.")
    signer = Signer(secret, salt="rex.unsubscribe", key_derivation="hmac", digest_method=hashlib.sha256)
    # Its key is derived once here, and not again for every link.
    return Signer(signer.derive_key(), key_derivation="none", digest_method=hashlib.sha256)
