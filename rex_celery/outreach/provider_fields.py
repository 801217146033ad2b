"""What each provider must be told before REX can use it, and what is wrong with what somebody told."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from rex_celery.errors import InvalidError, Problem
from rex_celery.integrations import signing
from rex_celery.integrations.sendgrid import HOSTS, trouble_with

# Says whether a value is right.
Test = Callable[[object], bool]
_HOST = re.compile(r"^(?=.{1,253}$)[a-z0-9]([a-z0-9.:-]*[a-z0-9])?$", re.IGNORECASE)
_LONGEST = 300
_LONGEST_SECRET = 10_000


@dataclass(frozen=True, slots=True)
class Field:
    """One setting or secret. ``expected`` says what would be right."""

    expected: str
    is_right: Test
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Provider:
    """``channel`` is what its inboxes send on; empty for one that sends nothing."""

    channel: str
    settings: Mapping[str, Field]
    secret: Mapping[str, Field]


def _line(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable() and value == value.strip()


def _hidden(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_SECRET


def _matching(pattern: str) -> Test:
    known = re.compile(pattern)
    return lambda value: isinstance(value, str) and known.fullmatch(value) is not None


def _one_of(*words: str) -> Test:
    return lambda value: value in words


def _port(value: object) -> bool:
    return type(value) is int and 0 < value < 2**16


def _yes_or_no(value: object) -> bool:
    return isinstance(value, bool)


def _host(value: object) -> bool:
    return isinstance(value, str) and _HOST.match(value) is not None


def _url(value: object) -> bool:
    """Encrypted, or on this machine."""
    if not isinstance(value, str) or not _line(value):
        return False
    try:
        parts = urlsplit(value)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in {"localhost", "127.0.0.1"})


def _lines(value: object) -> bool:
    return isinstance(value, list) and 0 < len(value) <= 20 and all(map(_line, value))  # noqa: PLR2004  folders


_SECURITY = Field("starttls, tls or none", _one_of("starttls", "tls", "none"))
_PORT = Field("a port, 1 to 65535", _port)
_LABEL = "a DNS name such as mail.example.com"
PROVIDERS: Mapping[str, Provider] = {
    "sendgrid": Provider(
        "email",
        {
            "region": Field("global or eu", _one_of(*HOSTS)),
            "track_clicks": Field("true or false", _yes_or_no),
            "webhook_public_key": Field(
                "the verification key that SendGrid shows for the event webhook",
                lambda value: isinstance(value, str) and not trouble_with(value),
            ),
        },
        {"api_key": Field("an API key that may send mail", _hidden, needed=True)},
    ),
    "smtp": Provider(
        "email",
        {
            "host": Field("the name of the mail server", _host, needed=True),
            "port": _PORT,
            "security": _SECURITY,
            "username": Field("who signs in there", _line),
            "dkim_domain": Field(_LABEL, _host),
            "dkim_selector": Field("the name before ._domainkey in DNS", _host),
        },
        {
            "password": Field("the password of that user", _hidden),
            "dkim_private_key": Field(
                f"an RSA key in PEM, of {signing.SHORTEST_KEY_BITS} bits or more, without a password",
                lambda value: isinstance(value, str) and not signing.trouble_with(value),
            ),
        },
    ),
    "twilio": Provider(
        "sms",
        {
            "account_sid": Field("AC and 32 hex digits", _matching(r"AC[0-9a-fA-F]{32}"), needed=True),
            "service_sid": Field("MG and 32 hex digits", _matching(r"MG[0-9a-fA-F]{32}")),
        },
        {"auth_token": Field("the account's auth token, with which Twilio also signs", _hidden, needed=True)},
    ),
    "partner": Provider(
        "linkedin",
        {"url": Field("the address of the partner's interface, https", _url, needed=True)},
        {"token": Field("the partner's token", _hidden, needed=True)},
    ),
    "imap": Provider(
        "",
        {
            "host": Field("the name of the mail server", _host, needed=True),
            "port": _PORT,
            "security": _SECURITY,
            "username": Field("who signs in there", _line, needed=True),
            "folders": Field("names of folders, INBOX and the spam folder if left out", _lines),
        },
        {"password": Field("the password of that user", _hidden, needed=True)},
    ),
    "calendly": Provider("", {}, {"signing_key": Field("the key of the webhook subscription", _hidden, needed=True)}),
    "caldav": Provider(
        "",
        {
            "url": Field("the address of the calendar, https", _url, needed=True),
            "username": Field("who signs in there", _line, needed=True),
        },
        {"password": Field("the password of that user", _hidden, needed=True)},
    ),
}
# Only together: one without the others does nothing.
_TOGETHER = {"smtp": (("dkim_domain", "dkim_selector", "dkim_private_key"), ("username", "password"))}


def examine(provider: str, settings: Mapping[str, object], secret: Mapping[str, object]) -> None:
    """See that a connection of this provider could work as far as its settings tell.

    Raises:
        InvalidError: a field is unknown, missing or wrong; every one is named, no secret is shown.

    """
    known = PROVIDERS.get(provider)
    if known is None:
        problem = Problem("provider", "is not one that REX knows", ", ".join(sorted(PROVIDERS)))
        raise InvalidError(f"There is no provider {provider[:40]!r}.", problems=(problem,))
    problems = [*_problems("settings", known.settings, settings), *_problems("secret", known.secret, secret)]
    for together in _TOGETHER.get(provider, ()):
        given = [name for name in together if name in {*settings, *secret}]
        if given and len(given) < len(together):
            missing = ", ".join(name for name in together if name not in given)
            problems.append(Problem(f"settings.{given[0]}", f"needs {missing} as well", "all of them or none"))
    if problems:
        raise InvalidError("The connection cannot be used as it is.", problems=tuple(problems))


def _problems(where: str, known: Mapping[str, Field], given: Mapping[str, object]) -> list[Problem]:
    unknown = [name for name in given if name not in known]
    names = ", ".join(known) or "nothing"
    found = [Problem(f"{where}.{name[:100]}", "is not known", f"one of: {names}") for name in unknown]
    for name, field in known.items():
        if name not in given:
            found += [Problem(f"{where}.{name}", "is missing", field.expected)] if field.needed else []
        elif not field.is_right(given[name]):
            found.append(Problem(f"{where}.{name}", "is wrong", field.expected))
    return found
