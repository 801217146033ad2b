"""Flower on this machine's own address only: what it shows has no sign-in. The broker's password stays off the line."""

from rex_celery import config
from workers.app import app


def arguments(port: int) -> list[str]:
    """Flower's own command line."""
    return ["--quiet", "flower", "--address=127.0.0.1", f"--port={port}", "--purge_offline_workers=60"]


if __name__ == "__main__":
    app.start(arguments(config.settings().flower_port))
