import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rex_celery.embedded import postgres, services, valkey
from rex_celery.embedded.console import Screen
from rex_celery.embedded.revival import Revival
from rex_celery.embedded.services import Given

Eventually = Callable[[Callable[[], bool]], None]


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    with Screen(tmp_path / "log", ("web",), quiet=True) as screen:
        yield screen


def _kill(file: Path) -> None:
    os.kill(int(file.read_text().split()[0]), signal.SIGKILL)


def test_servers_that_died_come_back_on_their_ports(used_home: Path, screen: Screen, eventually: Eventually) -> None:
    before = services.ensure(used_home)
    _kill(used_home / "valkey" / "pid")
    _kill(used_home / "postgres" / "data" / "postmaster.pid")
    eventually(lambda: not valkey.lives(used_home / "valkey"))
    eventually(lambda: postgres.running_port(used_home / "postgres") is None)
    revival = Revival(used_home, Given(), screen)
    eventually(lambda: _looked(revival, used_home))
    assert services.ensure(used_home) == before


def test_servers_of_one_s_own_are_left_alone(home: Path, screen: Screen) -> None:
    Revival(home, Given(database_url="postgresql://db/rex", redis_url="redis://r/0"), screen).look()
    assert not home.exists()


def _looked(revival: Revival, home: Path) -> bool:
    revival.not_before = 0.0  # the postmaster's children may take a moment to notice
    revival.look()
    return valkey.lives(home / "valkey") and postgres.running_port(home / "postgres") is not None
