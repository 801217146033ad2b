"""A whole REX of its own (web, live, workers, beat) and a real Chromium to look at it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from rex_celery.config import CHECKOUT
from rex_celery.embedded import ports
from rex_celery.embedded.services import Services
from tests.absent import absent
from tests.processes import Team, wait_until
from tests.tenancy.keys_of import a_key
from web import build_ui

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 30_000
AXE = build_ui.UI / "node_modules" / "axe-core" / "axe.min.js"


@dataclass(frozen=True)
class RunningRex:
    """Where it is."""

    url: str
    live_url: str


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, or whatever else is called so on this machine."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        absent("Chromium (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def running_rex(database: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRex]:
    """The processes of the Procfile on this run's database, without Flower; crews share one worker.

    Gone with the last test of the file: other tests want nobody else to work on their rows.
    """
    build_ui.build(build_ui.UI)
    folder = tmp_path_factory.mktemp("rex")
    port, live_port = ports.free_port(), ports.free_port()
    rex = RunningRex(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{live_port}")
    addresses = {"REX_PORT": str(port), "REX_LIVE_PORT": str(live_port), "REX_PUBLIC_URL": rex.url}
    # Several pages of one key in a few seconds are more than a person asks for.
    settings = database.environment() | addresses | {"REX_REQUESTS_PER_MINUTE": "1000"}
    team = Team(folder, **settings)
    web = _start(folder / "web.log", settings, "gunicorn", "--config", "python:web.serving", "web.wsgi:app")
    live = _start(folder / "live.log", settings, "web.live")
    try:
        team.start()
        wait_until(lambda: _answers(f"{rex.url}/api/rex/health/ready"), 60, "REX is ready")
        wait_until(lambda: _answers(f"{rex.live_url}/health"), 30, "the live server listens")
        yield rex
    finally:
        team.kill()
        for process in (web, live):
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(15)


@dataclass(frozen=True)
class Visitor:
    """Opens REX in a window of its own."""

    browser: Browser
    rex: RunningRex
    api_key: str

    def page(self, **window: object) -> Page:
        context: BrowserContext = self.browser.new_context(viewport=DESKTOP, base_url=self.rex.url, **window)
        context.set_default_timeout(PATIENCE_MS)
        return context.new_page()

    def signed_in(self, page: Page) -> Page:
        page.goto("/")
        page.get_by_label("API key", exact=True).fill(self.api_key)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_role("heading", name="Overview").wait_for()
        return page


@pytest.fixture
def visitor(chromium: Browser, running_rex: RunningRex, tenant: UUID) -> Iterator[Visitor]:
    """Somebody with an admin's key of a fresh tenant."""
    yield Visitor(chromium, running_rex, a_key(tenant))
    for context in chromium.contexts:
        context.close()


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """What axe finds wrong with a page as it stands, colours included."""
    if not AXE.is_file():
        absent("axe-core (npm ci in web/ui)")
    source = AXE.read_text(encoding="utf-8")

    def violations(page: Page) -> list[str]:
        page.evaluate(source)
        found = page.evaluate("() => axe.run(document)")["violations"]
        return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]

    return violations


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    width: int = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


LIVE = re.compile(r"^Live\b")


def _start(log: Path, settings: dict[str, str], module: str, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **settings}  # noqa: TID251  a child's
    with log.open("ab") as said:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=environment,
            cwd=CHECKOUT,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except OSError:
        return False
