"""What an answer over HTTP, or the lack of one, says of a request."""

import ssl
from datetime import UTC, datetime, timedelta

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError, SSLError

from rex_celery.integrations.http_answers import LONGEST_WAIT, never_left, refuses_everybody, wait_of

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def wrapped(reason: Exception) -> requests.ConnectionError:
    return requests.ConnectionError(MaxRetryError(None, "/", reason))  # type: ignore[arg-type]  # no pool needed


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectTimeout(),
        requests.exceptions.ProxyError(),
        requests.exceptions.InvalidURL(),
        wrapped(NewConnectionError(None, "refused")),  # type: ignore[arg-type]
        requests.exceptions.SSLError(MaxRetryError(None, "/", SSLError(ssl.SSLCertVerificationError("self-signed")))),  # type: ignore[arg-type]
    ],
)
def test_these_requests_surely_did_not_reach_anybody(error: requests.RequestException) -> None:
    assert never_left(error)


@pytest.mark.parametrize(
    "error",
    [
        requests.ReadTimeout(),
        requests.ConnectionError(),
        requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError())),
        requests.exceptions.ChunkedEncodingError(),
        requests.exceptions.ContentDecodingError(),
        requests.exceptions.SSLError(MaxRetryError(None, "/", SSLError(ssl.SSLEOFError("cut off")))),  # type: ignore[arg-type]
    ],
)
def test_these_may_have_been_acted_upon(error: requests.RequestException) -> None:
    assert not never_left(error)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"Retry-After": "30"}, timedelta(seconds=30)),
        ({"Retry-After": "0"}, timedelta(seconds=1)),
        ({"Retry-After": "-5"}, timedelta(seconds=1)),
        ({"Retry-After": "1e99"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "9999999"}, LONGEST_WAIT),
        ({"Retry-After": "Fri, 20 Nov 2026 09:31:00 GMT"}, timedelta(minutes=1)),
        ({"Retry-After": "Fri, 20 Nov 2026 09:29:00 GMT"}, timedelta(seconds=1)),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 20)}, timedelta(seconds=20)),
        ({"X-RateLimit-Reset": "20"}, timedelta(seconds=20)),
        ({"X-RateLimit-Reset": "x"}, None),
    ],
)
def test_a_wait_is_read_however_it_is_written(headers: dict[str, str], wait: timedelta | None) -> None:
    assert wait_of(headers, NOW) == wait


def test_a_gateway_speaks_for_somebody_who_may_have_acted() -> None:
    assert [status for status in range(400, 512) if refuses_everybody(status)] == [
        401, 403, 429, 500, 501, 503, *range(505, 512),
    ]  # fmt: skip
