"""Flower, by default for this machine only: it lets everybody in. The broker's password stays off its command line."""

import logging

from rex_celery.config import Settings, settings
from workers.app import app


def arguments(chosen: Settings) -> list[str]:
    """Flower's own command line."""
    address = [f"--address={chosen.flower_host}", f"--port={chosen.flower_port}"]
    return ["--quiet", "flower", *address, "--purge_offline_workers=60"]


if __name__ == "__main__":
    # It asks the workers before they can answer, and says so for each question.
    logging.getLogger("flower.inspector").setLevel(logging.ERROR)
    app.start(arguments(settings()))
