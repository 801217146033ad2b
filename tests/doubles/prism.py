"""Prism: a server that answers as an OpenAPI description says, and refuses requests that do not fit it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.absent import absent

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
TWILIO = MODULES / "@twilio" / "cli-core" / "src" / "services" / "twilio-api" / "twilio_api_v2010.json"
# Not ours to pass on: it lies beside the checkout of those who have it, and CI does without it too.
SENDGRID = HERE.parents[2] / "shared" / "specs" / "tsg_mail_v3.json"
_READY = "Prism is listening"


@contextmanager
def prism(description: Path) -> Iterator[str]:
    """The address of a server for this description, for as long as the block lasts."""
    command = [_node(), MODULES / "@stoplight" / "prism-cli" / "dist" / "index.js", "mock", "--errors"]
    if not command[1].exists():
        absent("Prism (npm ci in tests/doubles; `make test` does it)")
    if not description.exists() and description == SENDGRID:
        pytest.skip(f"{SENDGRID.name} is not beside this checkout, and not ours to bring along")
    if not description.exists():
        absent(f"The description {description.name}")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [*map(str, command), "--port", str(port), str(description)]
    # A group of its own: the node that comes with Python's packages is a script that starts the real one.
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout
            said = []
            for line in process.stdout:
                said.append(line)
                if _READY in line:
                    break
            else:
                raise AssertionError("".join(said))
            # A pipe that nobody reads would stop it in the middle.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def _node() -> Path:
    """The one that came with Python's packages, else the system's."""
    beside = Path(sys.executable).parent / "node"
    found = beside if beside.exists() else shutil.which("node")
    if not found:
        absent("Node.js")
    return Path(str(found))
