"""Free ports and busy ones."""

import os
import socket
from collections.abc import Iterator

import pytest

from rex_celery.embedded import ports
from rex_celery.errors import RefusedError


@pytest.fixture
def busy() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_busy_port_is_told_with_who_has_it_and_the_setting_that_changes_it(busy: int) -> None:
    with pytest.raises(RefusedError, match=f"Port {busy} is already in use by .*{os.getpid()}") as refused:
        ports.require("127.0.0.1", busy, "REX_PORT")
    assert refused.value.code == "port_busy"
    assert "set REX_PORT to another port: REX_PORT=" in refused.value.action


def test_an_address_of_another_machine_is_told_as_such() -> None:
    with pytest.raises(RefusedError, match="cannot listen on 192") as refused:
        ports.require("192.0.2.1", 8800, "REX_PORT")
    assert "REX_HOST" in refused.value.action


def test_two_settings_with_the_same_port_are_told_by_name(busy: int) -> None:
    with pytest.raises(RefusedError, match="REX_PORT and REX_LIVE_PORT are both 9000"):
        ports.require_all("127.0.0.1", {"REX_PORT": 9000, "REX_LIVE_PORT": 9000})


def test_a_free_port_is_let_through(busy: int) -> None:
    ports.require("127.0.0.1", ports.free_port(), "REX_PORT")


def test_the_port_of_last_time_is_taken_again_unless_it_is_busy(busy: int) -> None:
    free = ports.free_port()
    assert ports.free_port(free) == free
    assert ports.free_port(busy) != busy
