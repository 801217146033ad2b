"""Mail signed with DKIM, as a receiving server checks it."""

import base64

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from rex_celery.integrations import signing
from rex_celery.integrations.base import OutboundEmail
from rex_celery.integrations.eml import as_eml
from rex_celery.integrations.signing import DkimKey
from tests.integrations.outbound import an_email

KEY = rsa.generate_private_key(65537, 2048)
RECORD = base64.b64encode(
    KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, form: str = "PKCS8", password: bytes | None = None) -> str:
    how = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, getattr(serialization.PrivateFormat, form), how).decode()


def dns(name: bytes, timeout: int = 5) -> bytes:
    """The name system, with one record in it."""
    assert name == b"rex._domainkey.north.example.com."
    return b"v=DKIM1; k=rsa; p=" + RECORD


def signed(form: str = "PKCS8", **fields: object) -> bytes:
    message = an_email(**fields).content
    assert isinstance(message, OutboundEmail)
    return signing.signer(DkimKey("north.example.com", "rex", pem(KEY, form)))(as_eml(message))


def names(message: bytes) -> set[bytes]:
    line = message.partition(b"h=")[2].partition(b";")[0]
    return {name.strip() for name in line.split(b":")}


@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
def test_a_receiving_server_finds_the_signature_good(form: str) -> None:
    assert dkim.verify(signed(form), dnsfunc=dns)


def test_both_headers_of_one_click_unsubscribing_are_signed() -> None:
    # RFC 8058: without a signature over both, no mail program shows its unsubscribe button.
    assert names(signed()) >= {
        b"from", b"to", b"subject", b"date", b"message-id", b"list-unsubscribe", b"list-unsubscribe-post",
    }  # fmt: skip


@pytest.mark.parametrize(
    "header", [b"List-Unsubscribe:", b"List-Unsubscribe-Post:", b"Subject:", b"From:", b"References:", b"Reply-To:"]
)
def test_whoever_changes_a_header_breaks_it(header: bytes) -> None:
    message = signed(reply_to="reply@north.example.com", references=("<1@x>",))
    assert dkim.verify(message, dnsfunc=dns)
    # The second place: the first names the header in the signature itself.
    assert header in message
    assert not dkim.verify(message.replace(header + b" ", header + b" x", 1), dnsfunc=dns)


def test_whoever_changes_the_text_breaks_it() -> None:
    assert not dkim.verify(signed() + b"P.S. Buy now\r\n", dnsfunc=dns)


def test_long_addresses_of_the_unsubscribe_page_survive_a_server_that_folds_headers_anew() -> None:
    # nodemailer#1654: folded within the address, the signature and the button were lost.
    message = signed(
        unsubscribe_url="https://rex.example.com/u/" + "x" * 300, references=tuple(f"<{n}@x>" for n in range(99))
    )
    assert b"List-Unsubscribe: <https://rex.example.com/u/" + b"x" * 300 + b">\r\n" in message
    refolded = message.replace(b"List-Unsubscribe: <", b"List-Unsubscribe:\r\n <", 1)
    assert dkim.verify(refolded, dnsfunc=dns)


@pytest.mark.parametrize(
    ("private_key", "trouble"),
    [
        ("", "is not a private key"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "is not a private key"),
        (pem(KEY, password=b"secret"), "is not a private key in PEM without a password"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "is not an RSA key"),
        (pem(KEY), ""),
    ],
)
def test_a_key_that_cannot_sign_says_why(private_key: str, trouble: str) -> None:
    found = signing.trouble_with(private_key)
    assert found.startswith(trouble)
    assert bool(found) == bool(trouble)
