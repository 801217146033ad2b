"""A pause, a stop and a cancellation hold the next message within two seconds, with real workers in mid-sending."""

import time
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.missions import control
from rex_celery.tenancy import sending
from tests.chaos.conftest import SlowMailServer, sent_over_smtp
from tests.processes import Team, wait_until

BOUND_SECONDS = 2.0


@pytest.mark.chaos
def test_pause_emergency_stop_and_cancel_each_stop_the_next_message(
    team: Team, tenant: UUID, mail_server: tuple[SlowMailServer, int]
) -> None:
    server, _ = mail_server
    team.start()
    mission = sent_over_smtp(tenant, leads=400)

    def sending_again() -> None:
        before = len(server.seen)
        wait_until(lambda: len(server.seen) >= before + 5, 60, f"more messages\n{team.said()}")

    sending_again()
    _act(tenant, mission, control.pause)
    assert _last_message_after(server) <= BOUND_SECONDS
    _act(tenant, mission, control.resume)
    sending_again()
    with db.transaction(tenant) as session:
        sending.stop(session, tenant, actor="a person")
    assert _last_message_after(server) <= BOUND_SECONDS
    with db.transaction(tenant) as session:
        sending.release(session, tenant, actor="a person")
    sending_again()
    _act(tenant, mission, control.cancel)
    assert _last_message_after(server) <= BOUND_SECONDS

    wait_until(lambda: _pending(tenant, mission) == 0, 30, f"every lead to have its reason\n{team.said()}")
    assert max(server.seen.values()) == 1
    assert len(server.seen) < 300


def _act(tenant: UUID, mission: UUID, what: object) -> None:
    with db.transaction(tenant) as session:
        what(session, tenant, mission, actor="a person")  # type: ignore[operator]


def _last_message_after(server: SlowMailServer) -> float:
    """How long after this call the last message came, watched until none came for twice the bound."""
    began = last = time.monotonic()
    count = len(server.seen)
    while time.monotonic() - last < 2 * BOUND_SECONDS:
        time.sleep(0.02)
        if len(server.seen) != count:
            count, last = len(server.seen), time.monotonic()
    return last - began


def _pending(tenant: UUID, mission: UUID) -> int:
    asked = text("SELECT pending FROM mission_progress WHERE mission_id = :id")
    with db.transaction(tenant) as session:
        return int(session.execute(asked, {"id": mission}).scalar_one())
