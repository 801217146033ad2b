"""Signing mail with DKIM, for servers that do not do it themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from email.parser import BytesHeaderParser

import dkim
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

# Gmail and Yahoo take no shorter key.
SHORTEST_KEY_BITS = 1024
# Whatever of these a message has is signed; RFC 8058 wants both of List-Unsubscribe, or one-click does not count.
_SIGNED = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "In-Reply-To",
    "References",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
)


@dataclass(frozen=True, slots=True)
class DkimKey:
    """``private_key`` is PEM; its public half stands in DNS at ``<selector>._domainkey.<domain>``."""

    domain: str
    selector: str
    private_key: str


def signer(key: DkimKey) -> Callable[[bytes], bytes]:
    """What puts a DKIM-Signature before a message.

    Raises:
        ValueError: the private key cannot be used.

    """
    # The library reads the oldest of the formats only.
    pem = _rsa(key.private_key).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    selector, domain = key.selector.encode("ascii"), key.domain.encode("idna")

    def sign(message: bytes) -> bytes:
        present = BytesHeaderParser().parsebytes(message)
        headers = [name.encode() for name in _SIGNED if name in present]
        # Relaxed: servers on the way fold headers anew.
        signature: bytes = dkim.sign(
            message, selector, domain, pem, canonicalize=(b"relaxed", b"relaxed"), include_headers=headers
        )
        return signature + message

    return sign


def trouble_with(private_key: str) -> str:
    """What is wrong with a private key, in words; empty when it can sign."""
    try:
        _rsa(private_key)
    except ValueError as error:
        return str(error)
    return ""


def _rsa(private_key: str) -> RSAPrivateKey:
    try:
        key = serialization.load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("is not a private key in PEM without a password") from error
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("is not an RSA key")  # noqa: TRY004  its value is wrong, not its type
    if key.key_size < SHORTEST_KEY_BITS:
        raise ValueError(f"has only {key.key_size} bits")
    return key
