from collections import deque

import pytest

from rex_celery.config import Settings
from rex_celery.embedded.services import Services
from web import sockets
from web.sockets import LiveServer


@pytest.fixture
def live(database: Services) -> LiveServer:
    return LiveServer(Settings(public_url="https://rex.example.com", secret_key="for tests"))


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("https://rex.example.com", "rex.example.com", True),
        ("https://rex.example.com", "10.0.0.7:8801", True),
        ("http://rex.example.com", "10.0.0.7:8801", False),
        ("https://rex.example.com.evil.example", "10.0.0.7:8801", False),
        ("http://10.0.0.7:8801", "10.0.0.7:8801", True),
        ("http://10.0.0.7:9999", "10.0.0.7:8801", False),
        ("http://localhost:8801", "127.0.0.1:8801", True),
        ("http://localhost.evil.example:8801", "127.0.0.1:8801", False),
        ("http://[::1", "127.0.0.1:8801", False),
        ("http://127.0.0.1:port", "127.0.0.1:8801", False),
        ("null", "127.0.0.1:8801", False),
        ("null", "", False),
        (None, "", False),
    ],
)
def test_only_pages_of_this_rex_may_connect(live: LiveServer, origin: str | None, host: str, *, allowed: bool) -> None:
    assert live.allows_origin(origin, {"HTTP_HOST": host}) is allowed


class Connection:
    """An Engine.IO connection, as far as its queue goes."""

    def __init__(self, waiting: int) -> None:
        self.queue = self
        self.waiting = waiting

    def qsize(self) -> int:
        return self.waiting


def test_who_cannot_keep_up_is_let_go_before_the_memory_fills(
    live: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone: deque[str] = deque()
    engine = live.sockets.server.eio
    monkeypatch.setattr(engine, "sockets", {"quick": Connection(3), "slow": Connection(sockets.LONGEST_QUEUE + 1)})
    monkeypatch.setattr(engine, "disconnect", gone.append)
    live.end_laggards()
    assert list(gone) == ["slow"]
