"""What an endpoint may be: an https address outside our own network, and names of events."""

import re
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from urllib.parse import urlsplit

from rex_celery.errors import InvalidError, Problem
from rex_celery.events import Event
from rex_celery.integrations.public_addresses import is_public

LONGEST_URL = 2000
_PLAIN, _INSIDE = "is not encrypted", "leads into a private network"
_OF_OUR_NETWORK = frozenset({_PLAIN, _INSIDE})
# Whoever runs REX decides whether it may post into the network that it stands in.
PRIVATE = "To post by plain HTTP or into the network that REX stands in, start REX with REX_WEBHOOKS_PRIVATE=True."
_PRINTABLE = re.compile(r"[!-~]+")


def check(url: str, events: Sequence[str], *, private: bool) -> None:
    """See that events can be sent there; a name that leads into our own network is found when it is connected to.

    Raises:
        InvalidError: with everything that is wrong.

    """
    problems = [Problem("body.url", wrong, expected) for wrong, expected in _wrong(url, private=private)]
    problems += [
        Problem(f"body.events.{number}", f"“{name}” names no events", f"mission.* or the like, or {_all_types()}")
        for number, name in enumerate(events)
        if not _names_some(name)
    ]
    if problems:
        action = PRIVATE if not private and any(one.what in _OF_OUR_NETWORK for one in problems) else ""
        told = "The endpoint cannot be kept like this."
        raise InvalidError(told, code="bad_endpoint", action=action, problems=tuple(problems))


def _names_some(name: str) -> bool:
    family, dot, rest = name.rpartition(".")
    if rest == "*":
        return not dot or any(one.startswith(f"{family}.") for one in _types())
    return name in _types()


@cache
def _types() -> frozenset[str]:
    return frozenset(one.type for one in Event.__subclasses__() if one.type)


def _all_types() -> str:
    return ", ".join(sorted(_types()))


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
        (_PLAIN, "an address that begins with https://"): parts.scheme in ({"https", "http"} if private else {"https"}),
        ("holds a login", "an address without one: the signature says who sent it"): not (
            parts.username or parts.password
        ),
        (_INSIDE, "an address on the internet"): private or not _is_ours(host),
    }
    return [problem for problem, well in right.items() if not well]


def _is_ours(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    with suppress(ValueError):
        return not is_public(host)
    return False
