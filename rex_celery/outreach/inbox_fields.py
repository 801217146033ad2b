"""What an inbox may be: an address that fits its channel, at a provider that sends on it."""

import re

from rex_celery.errors import InvalidError, Problem
from rex_celery.leads import identity, phones
from rex_celery.leads.identity import InvalidValueError
from rex_celery.outreach.provider_fields import PROVIDERS
from rex_celery.vocabulary import Channel

# A Messaging Service, or a short code: neither is a telephone number.
_NO_NUMBER = re.compile(r"MG[0-9a-fA-F]{32}|\d{5,6}")


def address(channel: str, provider: str, given: str) -> str:
    """The address of an inbox in its one spelling.

    Raises:
        InvalidError: nothing on this channel could come from it.

    """
    if channel == Channel.EMAIL:
        return _email(given)
    if channel == Channel.SMS and provider != "outbox" and not _NO_NUMBER.fullmatch(given):
        return _number(given)
    if not given:
        raise _wrong("is missing", "a name for who sends")
    return given


def built_in(channel: str | None, email: str) -> tuple[str, str]:
    """The channel and the provider of an inbox without a connection; ``email`` is where the settings send mail.

    Raises:
        InvalidError: there is no such channel.

    """
    providers = {Channel.EMAIL: email, Channel.SMS: "outbox", Channel.LINKEDIN: "manual"}
    known = {str(name): provider for name, provider in providers.items()}
    if channel not in known:
        problem = Problem("body.channel", "is missing", f"one of {', '.join(known)}, or a connection_id")
        raise InvalidError("It is not said what the inbox sends on.", problems=(problem,))
    return channel, known[channel]


def sends(provider: str, channel: str | None) -> None:
    """See that a connection's provider sends, and on this channel if one is named.

    Raises:
        InvalidError: it does not.

    """
    known = PROVIDERS[provider].channel
    if not known or channel not in {None, known}:
        what = f"of {provider} sends {f'on {known} only' if known else 'nothing'}"
        problem = Problem("body.connection_id", what, f"a connection that sends on {channel or 'some channel'}")
        raise InvalidError("The connection cannot be used for this inbox.", problems=(problem,))


def _email(given: str) -> str:
    try:
        return identity.email(given)
    except InvalidValueError as error:
        raise _wrong("is not an e-mail address", "such as ada@acme.example.com") from error


def _number(given: str) -> str:
    try:
        return phones.phone(given).number
    except InvalidValueError as error:
        expected = "a number with its country, such as +12025550143, a short code or a Messaging Service (MG…)"
        raise _wrong("is not a number that sends text messages", expected) from error


def _wrong(what: str, expected: str) -> InvalidError:
    return InvalidError("The inbox cannot be used as it is.", problems=(Problem("body.address", what, expected),))
