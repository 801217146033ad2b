"""What an endpoint may be: an https address outside our own network, and names of events."""

import re
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from rex_celery.errors import InvalidError, Problem
from rex_celery.integrations.public_addresses import is_public

LONGEST_URL = 2000
_EVENTS = re.compile(r"\*|[a-z_]+(\.[a-z_]+)*(\.\*)?")
_PRINTABLE = re.compile(r"[!-~]+")


def check(url: str, events: Sequence[str], *, private: bool) -> None:
    """See that events can be sent there; a name that leads into our own network is found when it is connected to.

    Raises:
        InvalidError: with everything that is wrong.

    """
    problems = [Problem("body.url", wrong, expected) for wrong, expected in _wrong(url, private=private)]
    problems += [
        Problem(f"body.events.{number}", f"“{name}” names no events", "a type such as mission.moved, or mission.*")
        for number, name in enumerate(events)
        if not _EVENTS.fullmatch(name)
    ]
    if problems:
        raise InvalidError("The endpoint cannot be kept like this.", code="bad_endpoint", problems=tuple(problems))


def _wrong(url: str, *, private: bool) -> list[tuple[str, str]]:
    """What is wrong with an address, and what would be right."""
    if len(url) > LONGEST_URL or not _PRINTABLE.fullmatch(url):
        return [("is no address", f"at most {LONGEST_URL} characters without spaces")]
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return [("is no address", "an address such as https://example.com/rex")]
    right = {
        ("names no server", "an address such as https://example.com/rex"): bool(host),
        ("is not encrypted", "an address that begins with https://"): parts.scheme
        in ({"https", "http"} if private else {"https"}),
        ("holds a login", "an address without one: the signature says who sent it"): not (
            parts.username or parts.password
        ),
        ("leads into a private network", "an address on the internet"): private or not _is_ours(host),
    }
    return [problem for problem, well in right.items() if not well]


def _is_ours(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    with suppress(ValueError):
        return not is_public(host)
    return False
