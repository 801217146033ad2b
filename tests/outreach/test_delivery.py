"""The way out of an inbox."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from rex_celery import clock, config
from rex_celery.config import Settings
from rex_celery.errors import ProviderUnavailableError
from rex_celery.integrations.linkedin_partner import LinkedInPartnerSender
from rex_celery.integrations.sendgrid import SendGridSender
from rex_celery.integrations.smtp_sender import SmtpSender
from rex_celery.integrations.twilio import TwilioSender
from rex_celery.outreach import delivery
from rex_celery.tenancy import credentials
from tests.integrations.test_signing import KEY, pem


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    known = Settings(secret_key=SecretStr("only for tests"), public_url="https://rex.example.com")
    monkeypatch.setattr(config, "settings", lambda: known)
    delivery._server_of_the_settings.cache_clear()
    return known


def an_account(provider: str, settings: dict[str, object], secret: dict[str, str]) -> Any:
    """A row of connections."""
    return SimpleNamespace(
        id=uuid4(),
        provider=provider,
        settings=settings,
        secret=credentials.encrypt(secret),
        updated_at=clock.now(),
    )


def inbox(provider: str) -> Any:
    return SimpleNamespace(provider=provider)


SMTP = {"host": "mail.example.com", "dkim_domain": "example.com", "dkim_selector": "rex"}
ACCOUNTS = (
    ("sendgrid", {"region": "eu"}, {"api_key": "x", "inbound_token": "y"}, SendGridSender, True),
    ("smtp", {"host": "mail.example.com"}, {}, SmtpSender, False),
    ("smtp", SMTP, {"dkim_private_key": pem(KEY)}, SmtpSender, False),
    ("twilio", {"account_sid": "AC" + "0" * 32}, {"auth_token": "x"}, TwilioSender, True),
    ("partner", {"url": "https://partner.example.com"}, {"token": "x"}, LinkedInPartnerSender, False),
)


@pytest.mark.parametrize(("provider", "told", "secret", "kind", "reports"), ACCOUNTS)
def test_each_provider_has_its_sender(
    provider: str,
    told: dict[str, object],
    secret: dict[str, str],
    kind: type,
    reports: bool,  # noqa: FBT001  a table
) -> None:
    sender = delivery.sender_for(inbox(provider), an_account(provider, told, secret))
    assert isinstance(sender, kind)
    assert sender.reports_delivery is reports
    assert sender.most > 0


def test_a_sender_is_kept_until_its_connection_changes() -> None:
    account = an_account("smtp", {"host": "mail.example.com"}, {})
    first = delivery.sender_for(inbox("smtp"), account)
    assert delivery.sender_for(inbox("smtp"), account) is first
    account.updated_at = clock.now()
    assert delivery.sender_for(inbox("smtp"), account) is not first


def test_without_a_connection_the_mail_server_of_the_settings_sends(settings: Settings) -> None:
    settings.smtp_host = "mail.example.com"
    first = delivery.sender_for(inbox("smtp"), None)
    assert isinstance(first, SmtpSender)
    assert delivery.sender_for(inbox("smtp"), None) is first


@pytest.mark.parametrize("provider", ["smtp", "sendgrid", "outbox", "manual"])
def test_an_inbox_without_an_account_says_so(provider: str) -> None:
    with pytest.raises(ProviderUnavailableError, match="no account"):
        delivery.sender_for(inbox(provider), None)


def test_credentials_that_cannot_be_read_hold_the_inbox_and_lose_nothing(settings: Settings) -> None:
    account = an_account("sendgrid", {}, {"api_key": "x"})
    settings.secret_key = SecretStr("another")
    with pytest.raises(ProviderUnavailableError, match="cannot be read"):
        delivery.sender_for(inbox("sendgrid"), account)


def test_a_calendar_is_no_way_out() -> None:
    with pytest.raises(ProviderUnavailableError, match="Nothing is sent"):
        delivery.sender_for(inbox("caldav"), an_account("caldav", {}, {}))


@pytest.mark.parametrize(
    ("address", "reports"),
    [
        ("https://rex.example.com", True),
        ("http://127.0.0.1:8800", False),
        ("http://localhost:8800", False),
        ("http://rex.local", False),
    ],
)
def test_twilio_is_told_no_address_that_it_could_not_reach(settings: Settings, address: str, reports: bool) -> None:  # noqa: FBT001  a table
    settings.public_url = address
    account = an_account("twilio", {"account_sid": "AC" + "0" * 32}, {"auth_token": "x"})
    assert delivery.sender_for(inbox("twilio"), account).reports_delivery is reports
