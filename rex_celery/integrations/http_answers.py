"""What an answer over HTTP, or the lack of one, says of a request: whether it may be made again, and when."""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import requests
from urllib3.exceptions import NewConnectionError

# A provider that names a longer wait than this is asked once a day all the same.
LONGEST_WAIT = timedelta(days=1)
# These speak for a server behind them, which may have done what it was asked before its answer was lost.
GATEWAYS = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})
_REFUSED_KEY = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_NEVER_LEFT = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
)


def never_left(error: requests.RequestException) -> bool:
    """Whether a request surely did not reach the provider; anything else may have been acted upon."""
    if isinstance(error, _NEVER_LEFT):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, NewConnectionError):  # refused, no route, no such name
        return True
    # A certificate is looked at before anything is said; other trouble with TLS may come after that.
    cause = reason.args[0] if isinstance(reason, Exception) and reason.args else None
    return isinstance(cause, ssl.SSLCertVerificationError)


def refuses_everybody(status: int) -> bool:
    """Whether this status says that no request would be accepted now, and this one was not."""
    busy = status == HTTPStatus.TOO_MANY_REQUESTS
    return busy or status in _REFUSED_KEY or (status >= HTTPStatus.INTERNAL_SERVER_ERROR and status not in GATEWAYS)


def wait_of(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long a provider asks to be left alone: ``Retry-After`` or ``X-RateLimit-Reset``; None if it does not say."""
    told = headers.get("Retry-After")
    if told:
        seconds = _seconds(told)
        return _clamped(_until(told, now) if seconds is None else seconds)
    reset = _seconds(headers.get("X-RateLimit-Reset", ""))
    if reset is None:
        return None
    # Some send the seconds that are left, most the moment as seconds since 1970.
    return _clamped(reset if reset <= LONGEST_WAIT else reset - (now - datetime.fromtimestamp(0, UTC)))


def _seconds(told: str) -> timedelta | None:
    try:
        return timedelta(seconds=float(told))
    except (ValueError, OverflowError):
        return None


def _until(told: str, now: datetime) -> timedelta | None:
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now


def _clamped(wait: timedelta | None) -> timedelta | None:
    return None if wait is None else min(max(wait, timedelta(seconds=1)), LONGEST_WAIT)
