"""A slow mail server that remembers everything, and workers that can be killed."""

import asyncio
import json
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import text

from rex_celery import db
from rex_celery.embedded.services import Services
from tests.missions.conftest import submitted
from tests.missions.following import WIDE_OPEN
from tests.processes import Team


class SlowMailServer:
    """Takes every message after a while and counts how often it saw each Message-ID."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.seen: Counter[str] = Counter()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        lines = (envelope.content or b"").decode().splitlines()  # type: ignore[union-attr]
        name = next(line for line in lines if line.lower().startswith("message-id:"))
        self.seen[name.split(":", 1)[1].strip()] += 1
        await asyncio.sleep(self.delay)
        return "250 2.0.0 taken"


def sent_over_smtp(tenant: UUID, leads: int) -> UUID:
    """A mission whose one e-mail to each goes out through the mail server, at any hour and without a cap."""
    caps = WIDE_OPEN["caps"] | {"tenant_per_day": None, "domain_per_day": None}  # type: ignore[operator]
    with db.transaction(tenant) as session:
        policy = text("UPDATE tenants SET policy = CAST(:policy AS jsonb)")
        session.execute(policy, {"policy": json.dumps(WIDE_OPEN | {"caps": caps})})
    return submitted(tenant, leads=leads, sequence="first-touch")


@pytest.fixture
def mail_server() -> Iterator[tuple[SlowMailServer, int]]:
    handler = SlowMailServer(delay=0.05)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


@pytest.fixture
def team(
    database: Services, empty_engine: None, tmp_path: Path, mail_server: tuple[SlowMailServer, int]
) -> Iterator[Team]:
    _, port = mail_server
    team = Team(
        tmp_path,
        REX_LEASE_SECONDS="3",
        REX_SMTP_HOST="127.0.0.1",
        REX_SMTP_PORT=str(port),
        REX_SMTP_SECURITY="none",
    )
    yield team
    team.kill()
