"""Posting a webhook to an address that a tenant chose: never into our own network, never twice, never for long."""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from rex_celery.errors import ProviderRejectedError, ProviderUnavailableError
from rex_celery.integrations.public_addresses import is_public

# For each answer of the network, and for all of it: a receiver that sends a letter a second gets no more.
TIMEOUT_SECONDS: Final = 10.0
DEADLINE_SECONDS: Final = 15.0
_EXCERPT_BYTES = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver said: the status, and the beginning of its text."""

    status: int
    excerpt: str

    @property
    def well(self) -> bool:
        """Whether it took the event. A redirect is no: following one could lead anywhere."""
        return 200 <= self.status < 300  # noqa: PLR2004  HTTP's own


def post(url: str, body: bytes, headers: Mapping[str, str], *, private: bool = False) -> Answer:
    """Post once and read the answer's beginning. ``private`` allows addresses of this machine and its network.

    The name is resolved here and its very addresses are connected to, so that it cannot change its mind in between.

    Raises:
        ProviderUnavailableError: no answer in time, or none that is HTTP. The receiver may have it nevertheless.
        ProviderRejectedError: the name leads into a private network; nothing was sent.

    """
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _connection(parts.scheme, parts.hostname or "", parts.port, private=private)
    deadline = threading.Timer(DEADLINE_SECONDS, _cut, (connection,))
    deadline.daemon = True
    deadline.start()
    try:
        connection.request("POST", target, body, dict(headers))
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(_EXCERPT_BYTES).decode("utf-8", "replace"))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ProviderUnavailableError(f"No answer ({type(error).__name__}).") from None
    finally:
        deadline.cancel()
        connection.close()


def _connection(scheme: str, host: str, port: int | None, *, private: bool) -> http.client.HTTPConnection:
    if scheme == "https":
        return _Secure(host, port, private=private)
    return _Plain(host, port, private=private)


class _Plain(http.client.HTTPConnection):
    def __init__(self, host: str, port: int | None, *, private: bool) -> None:
        super().__init__(host, port, timeout=TIMEOUT_SECONDS)
        self._private = private

    def connect(self) -> None:
        self.sock = _reached(self.host, self.port, private=self._private)


class _Secure(_Plain):
    default_port = http.client.HTTPS_PORT

    def connect(self) -> None:
        super().connect()
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(self.sock, server_hostname=self.host)


def _reached(host: str, port: int, *, private: bool) -> socket.socket:
    """A connection to one of the name's addresses; a single private one among them speaks against all of them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not private and not all(map(is_public, addresses)):
        raise ProviderRejectedError("The address leads into a private network.", code="private_address")
    trouble: OSError = OSError("no address")
    for address in addresses:
        try:
            return socket.create_connection((address, port), TIMEOUT_SECONDS)
        except OSError as error:
            trouble = error
    raise trouble


def _cut(connection: http.client.HTTPConnection) -> None:
    """End a conversation from another thread: whoever reads gets the end of it."""
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)
