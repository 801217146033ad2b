"""The rex command, run as a person runs it, and a REX for it to speak to."""

import contextlib
import io
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from rex_celery import config
from rex_celery.cli import main
from rex_celery.embedded import ports, servers
from rex_celery.embedded.services import Services
from rex_celery.tenancy.access import Role
from tests.tenancy.keys_of import a_key

LIST = """Full Name,Email,Phone,Last Activity Date,Last Activity,Activities,Deal Stage,Deal Amount
Grace Hopper,grace@example.com,+12025550143,2026-08-01,Demo,4,Prospecting,5000
Ada Lovelace,ada@example.com,,2026-07-01,Call,2,Prospecting,1000
Nobody,not an address,,2026-07-01,Call,2,Prospecting,1000
"""


@dataclass(frozen=True)
class Said:
    """What a command said, and with which code it ended."""

    code: int
    out: str
    err: str


class Rex:
    """Runs a command of this version, in this process."""

    def __call__(self, *words: str) -> Said:
        out, err = io.StringIO(), io.StringIO()
        before = sys.argv
        sys.argv = ["rex", *words]
        config.settings.cache_clear()
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = _code()
        finally:
            sys.argv = before
        return Said(code, out.getvalue(), err.getvalue())


def _code() -> int:
    try:
        main.run()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    return 0


@pytest.fixture
def rex(database: Services) -> Iterator[Rex]:
    yield Rex()
    config.settings.cache_clear()


@pytest.fixture(scope="session")
def address(database: Services) -> Iterator[str]:
    """Where the real web application answers over real HTTP."""
    port = ports.free_port()
    place = ["--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4", "--log-level", "warning"]
    command = [sys.executable, "-m", "gunicorn", *place, "web.wsgi:app"]
    with subprocess.Popen(command, cwd=config.CHECKOUT, stdout=subprocess.DEVNULL) as process:
        assert servers.wait_until(lambda: _answers(port), seconds=30), process.poll()
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        process.wait(20)


def _answers(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def signed_in(address: str, tenant: UUID, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """The rex command speaks to that application with a key of this tenant."""
    monkeypatch.setenv("REX_URL", address)
    monkeypatch.setenv("REX_API_KEY", a_key(tenant, Role.ADMIN))
    return tenant


@pytest.fixture
def a_list(tmp_path: Path) -> Path:
    """Two people and one row that is nobody."""
    path = tmp_path / "leads.csv"
    path.write_text(LIST, "utf-8")
    return path
