import subprocess
import sys
import time

import pytest

import rex_celery
from rex_celery.config import CHECKOUT
from tests.cli.conftest import Rex


def test_the_version_is_told(rex: Rex) -> None:
    assert rex("--version").out.strip() == f"rex {rex_celery.__version__}"


@pytest.mark.parametrize("group", ["up", "demo", "doctor", "migrate", "missions", "leads", "keys", "users", "tenants"])
def test_every_group_explains_itself(rex: Rex, group: str) -> None:
    said = rex(group, "--help")
    assert said.code == 0
    assert "Usage" in said.out


@pytest.mark.parametrize("words", [["nonsense"], ["missions", "show", "seven"], ["missions", "list", "--limit", "0"]])
def test_a_wrong_call_ends_with_code_two(rex: Rex, words: list[str]) -> None:
    said = rex(*words)
    assert said.code == 2
    assert said.err


def test_a_setting_that_makes_no_sense_is_named(rex: Rex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REX_PORT", "eighty")
    said = rex("missions", "list")
    assert said.code == 1
    assert "REX_PORT" in said.err
    assert "'eighty'" in said.err


def test_help_comes_at_once() -> None:
    """Twice, because the first start may have to compile; a second is long even for a busy machine."""
    for _ in range(2):
        began = time.monotonic()
        command = [sys.executable, "-m", "rex_celery.cli.main", "--help"]
        done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
        took = time.monotonic() - began
    assert "missions" in done.stdout
    assert took < 1.5
