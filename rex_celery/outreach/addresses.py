"""The addresses at which providers tell REX what happened: to be pasted into their own settings."""

from uuid import UUID

from rex_celery import config

# What each provider is given: what for, and the rest of the path.
_DOORS = {
    "sendgrid": {"events": "sendgrid/events", "inbound": "sendgrid/inbound"},
    "twilio": {"status": "twilio/status", "inbound": "twilio/inbound"},
    "calendly": {"events": "calendly"},
}


def of(provider: str, connection_id: UUID, inbound_token: str = "") -> dict[str, str]:
    """What for, and the address; empty for a provider that calls nobody.

    ``inbound_token`` proves that it is SendGrid's Inbound Parse where that does not sign.
    """
    base = f"{config.settings().public_url}/api/rex/webhooks"
    found = {what: f"{base}/{path}/{connection_id}" for what, path in _DOORS.get(provider, {}).items()}
    if provider == "sendgrid" and inbound_token:
        found["inbound"] += f"?token={inbound_token}"
    return found
