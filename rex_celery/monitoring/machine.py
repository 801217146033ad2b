"""What `rex doctor` asks of this machine: Python, disk, home, secrets, ports, the built screen."""

import os
import platform
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rex_celery.config import CHECKOUT, Settings
from rex_celery.embedded import ports, record
from rex_celery.embedded.home import LEAST_FREE_BYTES, Home, open_home
from rex_celery.errors import RefusedError

LEAST_PYTHON = (3, 11)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``action`` is what to do where it is not well."""

    name: str
    ok: bool
    detail: str
    action: str = ""


def look(settings: Settings) -> Iterator[Finding]:
    """Look at everything of this machine that REX needs, whether or not it runs."""
    home = Home(settings.home)
    yield _python()
    yield _home(settings.home)
    yield _disk(settings.home)
    yield from _secrets(home)
    yield _screen(CHECKOUT / "web" / "ui" / "dist" / "index.html")
    if runs(home):
        yield Finding("ports", ok=True, detail="REX runs and has those it was given")
    else:
        yield from _ports(settings)


def runs(home: Home) -> bool:
    """Whether a REX runs on this home; one that we may not look into runs none of ours."""
    if not _is_there(home.path):
        return False
    try:
        with record.sole(home) as sole:
            return not sole
    except OSError:
        return False


def _python() -> Finding:
    wanted = ".".join(map(str, LEAST_PYTHON))
    ok = sys.version_info >= LEAST_PYTHON
    return Finding("Python", ok, platform.python_version(), f"Use Python {wanted} or newer: make clean up PYTHON=…")


def _home(path: Path) -> Finding:
    if not _is_there(path) and os.access(_nearest(path), os.W_OK):
        return Finding("home", ok=True, detail=f"{path} is made by the first `rex up`")
    try:
        open_home(path, least_free=0)
    except RefusedError as error:
        return Finding("home", ok=False, detail=error.detail, action=error.action)
    open_to_others = path.stat().st_mode & (stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH)
    detail = f"{path} can be {'read or changed by others' if open_to_others else 'written'}"
    return Finding("home", not open_to_others, detail, f"Take that right from them: chmod go-rw {path}")


def _is_there(path: Path) -> bool:
    """Unlike ``Path.exists`` this raises nothing where the account may not look."""
    return os.access(path, os.F_OK)


def _nearest(path: Path) -> Path:
    """What is there of this path; a folder that this account may not look into counts as not there."""
    return next(folder for folder in (path, *path.parents) if _is_there(folder))


def _disk(path: Path) -> Finding:
    free = shutil.disk_usage(_nearest(path)).free
    action = f"Free at least {LEAST_FREE_BYTES // 2**20} MB, or set REX_HOME to a folder on another disk."
    return Finding("disk", free >= LEAST_FREE_BYTES, f"{free / 2**30:.1f} GB free", action)


def _secrets(home: Home) -> Iterator[Finding]:
    for file in (home.state_file, home.api_key_file):
        if _is_there(file):
            mode = stat.S_IMODE(file.stat().st_mode)
            action = f"Let only its owner read it: chmod 600 {file}"
            yield Finding(f"secret {file.name}", not mode & 0o077, f"mode {mode:03o}", action)


def _screen(page: Path) -> Finding:
    built = page.is_file()
    return Finding("web interface", built, "built" if built else "not built", "Build it: make up")


def _ports(settings: Settings) -> Iterator[Finding]:
    wanted = {"REX_PORT": settings.port, "REX_LIVE_PORT": settings.live_port, "REX_FLOWER_PORT": settings.flower_port}
    for setting, port in wanted.items():
        name = f"port {port} ({setting})"
        try:
            ports.require(settings.host, port, setting)
        except RefusedError as error:
            yield Finding(name, ok=False, detail=error.detail, action=error.action)
        else:
            yield Finding(name, ok=True, detail="free")
