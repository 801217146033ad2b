"""Secrets of providers at rest: encrypted with a key derived from REX_SECRET_KEY, and never logged."""

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from rex_celery import config
from rex_celery.errors import RefusedError

# Begins every stored secret; another way of encrypting gets another word, and both can be read side by side.
_VERSION = b"rex1"
_PURPOSE = b"rex.credentials.v1"


def encrypt(values: Mapping[str, str]) -> bytes:
    """These values as ``rex1:<which key>:<Fernet token>``, under the present key.

    Raises:
        RefusedError: there is no REX_SECRET_KEY.

    """
    secret = config.settings().secret_key.get_secret_value()
    if not secret:
        raise RefusedError("REX_SECRET_KEY is not set, so nothing can be encrypted.", code="no_secret_key")
    plain = json.dumps(dict(values), sort_keys=True).encode()
    return b":".join((_VERSION, _name(secret), _cipher(secret).encrypt(plain)))


def decrypt(stored: bytes | None) -> dict[str, str]:
    """The values of a stored secret, under the present key or the one before it; empty when there are none.

    Raises:
        RefusedError: it was encrypted with another key, or is damaged. What it holds is in neither message nor cause.

    """
    if not stored:
        return {}
    version, _, rest = bytes(stored).partition(b":")
    name, _, token = rest.partition(b":")
    settings = config.settings()
    known = [one.get_secret_value() for one in (settings.secret_key, settings.secret_key_before)]
    fitting = [secret for secret in known if secret and _name(secret) == name]
    if version != _VERSION or not fitting:
        raise _unreadable("It was encrypted with another REX_SECRET_KEY.")
    try:
        values: dict[str, str] = json.loads(_cipher(fitting[0]).decrypt(token))
    except (InvalidToken, ValueError):
        raise _unreadable("What is stored is damaged.") from None
    return values


def _unreadable(why: str) -> RefusedError:
    return RefusedError(
        f"The stored credentials cannot be read. {why}",
        code="credentials_unreadable",
        action="Give the former key as REX_SECRET_KEY_BEFORE, or enter the credentials again.",
        status=409,
    )


def _name(secret: str) -> bytes:
    """Which key it is, without telling anything of it."""
    return hashlib.sha256(_PURPOSE + _derived(secret)).hexdigest()[:8].encode()


def _cipher(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_derived(secret)))


@lru_cache(maxsize=4)
def _derived(secret: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())
