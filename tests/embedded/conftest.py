"""Homes of their own for tests that start, kill and damage servers."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rex_celery.embedded import services
from rex_celery.embedded.servers import wait_until


@contextmanager
def _a_home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="rex-embedded-"))
    folder.chmod(0o711)
    try:
        yield folder / "home"
    finally:
        services.stop(folder / "home")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def home() -> Iterator[Path]:
    """A REX_HOME that any account can pass through; what runs on it is stopped afterwards."""
    with _a_home() as home:
        yield home


@pytest.fixture(scope="module")
def used_home() -> Iterator[Path]:
    """One for a whole file: each test finds what the earlier ones left, and that must not matter to it."""
    with _a_home() as home:
        yield home


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another account")


@pytest.fixture(scope="session")
def eventually() -> Callable[[Callable[[], bool]], None]:
    def check(true: Callable[[], bool]) -> None:
        assert wait_until(true, seconds=30)

    return check
