import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from rex_celery.config import Settings
from rex_celery.embedded import ports, record
from rex_celery.embedded.home import Home
from rex_celery.monitoring import machine
from rex_celery.monitoring.machine import Finding


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    one, two, three = (ports.free_port() for _ in range(3))
    return Settings(home=home, port=one, live_port=two, flower_port=three)


@pytest.fixture
def stranger(settings: Settings) -> Iterator[int]:
    """Another program has the port that REX wants."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", settings.port))
        listening.listen()
        yield os.getpid()


def _named(settings: Settings, name: str) -> Finding:
    return next(finding for finding in machine.look(settings) if finding.name.startswith(name))


def test_a_machine_that_is_as_it_should_be(settings: Settings) -> None:
    found = {finding.name: finding for finding in machine.look(settings) if finding.name != "web interface"}
    assert [finding for finding in found.values() if not finding.ok] == []
    assert f"port {settings.port} (REX_PORT)" in found
    assert all(finding.action for finding in found.values() if finding.name.startswith("disk"))


def test_a_home_that_is_not_there_yet_is_no_fault(tmp_path: Path) -> None:
    finding = _named(Settings(home=tmp_path / "later"), "home")
    assert finding.ok
    assert not (tmp_path / "later").exists()


def test_a_home_open_to_others_is_told_with_the_command_that_closes_it(settings: Settings) -> None:
    settings.home.chmod(0o770)
    finding = _named(settings, "home")
    assert not finding.ok
    assert finding.action.endswith(f"chmod go-rw {settings.home}")


def test_a_secret_that_others_may_read_is_told(settings: Settings) -> None:
    key = Home(settings.home).api_key_file
    key.write_text("rex_secret")
    key.chmod(0o600)
    assert _named(settings, "secret").ok
    key.chmod(0o644)
    finding = _named(settings, "secret")
    assert (finding.ok, finding.detail) == (False, "mode 644")
    assert "chmod 600" in finding.action


def test_a_port_that_somebody_else_has_is_told_with_who(settings: Settings, stranger: int) -> None:
    finding = _named(settings, f"port {settings.port}")
    assert not finding.ok
    assert str(stranger) in finding.detail
    assert "REX_PORT=" in finding.action


def test_the_ports_of_a_rex_that_runs_are_not_held_against_it(settings: Settings, stranger: int) -> None:
    with record.sole(Home(settings.home)) as sole:
        assert sole
        assert machine.runs(Home(settings.home))
        assert _named(settings, "port").ok
    assert not machine.runs(Home(settings.home))
    assert not _named(settings, f"port {settings.port}").ok


def test_looking_whether_rex_runs_leaves_nothing_behind(tmp_path: Path) -> None:
    assert not machine.runs(Home(tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()


def test_a_home_that_is_a_file_is_a_finding_and_no_crash(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = _named(settings.model_copy(update={"home": tmp_path / "file"}), "home")
    assert not found.ok
    assert str(tmp_path / "file") in found.detail
    assert not machine.runs(Home(tmp_path / "file"))


def test_looking_at_a_home_that_is_not_there_does_not_make_it(settings: Settings, tmp_path: Path) -> None:
    missing = tmp_path / "not" / "there"
    assert _named(settings.model_copy(update={"home": missing}), "home").ok
    assert not missing.parent.exists()
