"""A tenant's accounts at providers, made ready to send with the settings and secrets of their connections."""

from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Row

from rex_celery import config
from rex_celery.errors import ProviderUnavailableError, RefusedError
from rex_celery.integrations.base import Sender
from rex_celery.integrations.linkedin_partner import LinkedInPartner, LinkedInPartnerSender
from rex_celery.integrations.sendgrid import HOSTS, SendGridAccount, SendGridSender
from rex_celery.integrations.signing import DkimKey
from rex_celery.integrations.smtp import SmtpServer
from rex_celery.integrations.smtp_sender import SmtpSender
from rex_celery.integrations.twilio import TwilioAccount, TwilioSender
from rex_celery.outreach import addresses
from rex_celery.tenancy import credentials


class Account(Sender, Protocol):
    """A way to send that can also say whether it would work."""

    def check(self) -> None:
        """Ask the provider something that changes nothing.

        Raises:
            ProviderUnavailableError: it cannot be reached or refuses the account.

        """
        ...


def of(connection: Row[Any]) -> Account:
    """A connection, ready to send; it needs ``id``, ``provider``, ``settings``, ``secret`` and ``updated_at``.

    Raises:
        ProviderUnavailableError: its credentials cannot be read, or nothing is ever sent through it.

    """
    try:
        secret = credentials.decrypt(connection.secret)
    except RefusedError as error:
        raise ProviderUnavailableError(error.detail) from error
    make = _MAKERS.get(connection.provider)
    if make is None:
        raise ProviderUnavailableError(f"Nothing is sent through {connection.provider}.")
    return make(connection.id, connection.settings, secret)


def _sendgrid(_: UUID, settings: dict[str, Any], secret: dict[str, str]) -> Account:
    host, clicks = HOSTS[settings.get("region", "global")], settings.get("track_clicks", False)
    return SendGridSender(SendGridAccount(secret["api_key"], host, track_clicks=clicks))


def _smtp(_: UUID, settings: dict[str, Any], secret: dict[str, str]) -> Account:
    server = SmtpServer(
        settings["host"],
        settings.get("port", 587),
        settings.get("username", ""),
        secret.get("password", ""),
        settings.get("security", "starttls"),
        config.settings().smtp_timeout_seconds,
    )
    if not secret.get("dkim_private_key"):
        return SmtpSender(server)
    key = DkimKey(settings["dkim_domain"], settings["dkim_selector"], secret["dkim_private_key"])
    return SmtpSender(server, key)


def _twilio(connection_id: UUID, settings: dict[str, Any], secret: dict[str, str]) -> Account:
    status = addresses.of("twilio", connection_id)["status"] if _can_be_reached() else ""
    service = settings.get("service_sid", "")
    return TwilioSender(TwilioAccount(settings["account_sid"], secret["auth_token"], service, status))


def _partner(_: UUID, settings: dict[str, Any], secret: dict[str, str]) -> Account:
    return LinkedInPartnerSender(LinkedInPartner(settings["url"], secret["token"]))


_MAKERS = {"sendgrid": _sendgrid, "smtp": _smtp, "twilio": _twilio, "partner": _partner}


def _can_be_reached() -> bool:
    """Whether the public address may be one that the world can call: Twilio refuses messages that name another."""
    host = urlsplit(config.settings().public_url).hostname or ""
    return "." in host and not host.startswith("127.") and not host.endswith(".local")
