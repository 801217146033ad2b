"""Signatures as the providers make them, for tests and the load generator."""

import base64
import hashlib
import hmac
import time
from functools import cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

TWILIO_TOKEN, CALENDLY_KEY, INBOUND_TOKEN = "a twilio auth token", "a calendly signing key", "an inbound token"


@cache
def sendgrid_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def sendgrid_public_key() -> str:
    """As SendGrid shows it: base64 of the DER form, without armour."""
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(sendgrid_key().public_key().public_bytes(*form)).decode()


def sendgrid(body: bytes, at: str = "") -> dict[str, str]:
    """The headers of SendGrid's event webhook."""
    sent = at or str(int(time.time()))
    signature = sendgrid_key().sign(sent.encode() + body, ec.ECDSA(hashes.SHA256()))
    return {
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": sent,
    }


def twilio(url: str, parameters: dict[str, str]) -> dict[str, str]:
    """The header of Twilio's webhooks: HMAC-SHA1 over the address and the sorted parameters."""
    signed = url + "".join(name + parameters[name] for name in sorted(parameters))
    digest = hmac.new(TWILIO_TOKEN.encode(), signed.encode(), hashlib.sha1).digest()
    return {"X-Twilio-Signature": base64.b64encode(digest).decode()}


def calendly(body: bytes, at: str = "") -> dict[str, str]:
    """The header of Calendly's webhooks."""
    sent = at or str(int(time.time()))
    digest = hmac.new(CALENDLY_KEY.encode(), f"{sent}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Calendly-Webhook-Signature": f"t={sent},v1={digest}"}
