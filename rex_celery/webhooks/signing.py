"""The signature of webhooks out: ``t=<unix>,v1=<hex HMAC-SHA256 of "t.body">``, one v1 for each secret that holds."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

HEADER, EVENT_ID, DELIVERY_ID = "Rex-Signature", "Rex-Event-Id", "Rex-Delivery-Id"
_SECRET_BYTES = 32


def new_secret() -> str:
    """A secret that nobody guesses; its beginning says what it is for, where it is found in the wrong place."""
    return f"whsec_{secrets.token_urlsafe(_SECRET_BYTES)}"


def signature(known: Iterable[str], body: bytes, at: datetime) -> str:
    """The header's value, by each of these secrets: two while a new one takes over."""
    moment = str(int(at.timestamp()))
    signed = moment.encode() + b"." + body
    marks = (hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in known)
    return ",".join([f"t={moment}", *(f"v1={mark}" for mark in marks)])


def body(payload: Mapping[str, object]) -> bytes:
    """What is posted: the same bytes for the same payload, on every try."""
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
