"""Radicale, a CalDAV server that nobody here wrote, as a process of its own with a login and an empty folder."""

import subprocess
import sys
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rex_celery.embedded import ports
from rex_celery.integrations.caldav_calendar import CalendarAccount
from tests.processes import wait_until

USER, PASSWORD = "ada", "a password"
_CONFIG = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder}/collections
[logging]
level = warning
"""
_MAKE = b"""<?xml version="1.0"?><C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>
<D:displayname>Work</D:displayname></D:prop></D:set></C:mkcalendar>"""


@dataclass(frozen=True)
class Radicale:
    """A running server; ``url`` is its calendar's."""

    root: str
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"{self.root}/{USER}/work/"

    @property
    def account(self) -> CalendarAccount:
        return CalendarAccount(self.url, USER, PASSWORD)

    def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        """One request of the calendar's owner."""
        request = urllib.request.Request(f"{self.root}{path}", data=body or None, method=method)  # noqa: S310  loopback
        request.add_header("Authorization", "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode())
        if body.startswith(b"BEGIN"):
            request.add_header("Content-Type", "text/calendar; charset=utf-8")
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  loopback
            return bytes(answer.read())

    def store(self, name: str, *lines: str) -> None:
        """Put an event into the calendar, as its owner's other programs do."""
        event = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", f"UID:{name}@example.com")
        whole = (*event, "DTSTAMP:20260601T000000Z", *lines, "END:VEVENT", "END:VCALENDAR", "")
        self.ask("PUT", f"/{USER}/work/{name}.ics", "\r\n".join(whole).encode())


@contextmanager
def running(folder: Path) -> Iterator[Radicale]:
    """Start it with one calendar, and end it."""
    port = ports.free_port()
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
    (folder / "config").write_text(_CONFIG.format(port=port, folder=folder))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "radicale", "--config", str(folder / "config")], stderr=log)
    server = Radicale(f"http://127.0.0.1:{port}", process)
    try:
        wait_until(lambda: _answers(server), 30, "Radicale listens")
        server.ask("MKCALENDAR", f"/{USER}/work/", _MAKE)
        yield server
    finally:
        process.terminate()
        process.wait(10)


def _answers(server: Radicale) -> bool:
    try:
        server.ask("GET", "/")
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
