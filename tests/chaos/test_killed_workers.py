"""Whatever dies, a mission ends, nobody is written to twice, and it adds up."""

from collections import Counter
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import db, redis
from tests.chaos.conftest import SlowMailServer, sent_over_smtp
from tests.processes import Team, wait_until

LEADS = 120
PATIENCE = 60
# What a dead worker had in its hands is looked at after two minutes, which the short run does not wait for.
TWO_MINUTES_PASS = text("""
UPDATE messages SET claimed_at = claimed_at - interval '3 minutes', submitted_at = submitted_at - interval '3 minutes'
WHERE mission_id = :id AND state IN ('claimed', 'submitted')
""")


@pytest.mark.chaos
def test_a_mission_survives_two_kills_of_every_worker_and_an_emptied_redis(
    team: Team, tenant: UUID, mail_server: tuple[SlowMailServer, int]
) -> None:
    server, _ = mail_server
    team.start()
    mission = sent_over_smtp(tenant, leads=LEADS)
    wait_until(lambda: len(server.seen) >= 10, 60, f"the first messages\n{team.said()}")
    team.kill()
    team.start()
    wait_until(lambda: len(server.seen) >= 35, 60, f"messages after the first kill\n{team.said()}")
    redis.client().flushall()
    team.kill()
    team.start()
    with db.transaction(tenant) as session:
        session.execute(TWO_MINUTES_PASS, {"id": mission})
    wait_until(lambda: _state(tenant, mission) == "completed", PATIENCE, f"the end of the mission\n{team.said()}")

    assert max(server.seen.values()) == 1
    assert _steps_ended_once(tenant, mission)
    counts = _counts(tenant, mission)
    assert counts["pending"] == 0, _left(tenant, mission)
    assert counts["planned"] == LEADS
    assert counts["sent"] == LEADS * 3 // 4
    # A message whose answer died with its worker counts as sent, with its reason; the mail server saw all others.
    assert counts["sent"] - counts["assumed"] <= len(server.seen) <= counts["sent"]


@pytest.mark.chaos
@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_long_mission_survives_eight_kills_and_two_emptied_redis(
    team: Team, tenant: UUID, mail_server: tuple[SlowMailServer, int]
) -> None:
    server, _ = mail_server
    server.delay = 0.01
    team.start()
    mission = sent_over_smtp(tenant, leads=3000)
    for kill in range(8):
        before = len(server.seen)
        wait_until(lambda before=before: len(server.seen) >= before + 100, 120, f"messages after kill {kill}")
        if kill in {2, 5}:
            redis.client().flushall()
        team.kill()
        team.start()
    wait_until(lambda: _state(tenant, mission) == "completed", 300, f"the end of the mission\n{team.said()}")

    assert max(server.seen.values()) == 1
    assert _steps_ended_once(tenant, mission)
    counts = _counts(tenant, mission)
    assert (counts["planned"], counts["sent"], counts["pending"]) == (3000, 2250, 0)
    assert counts["sent"] - counts["assumed"] <= len(server.seen) <= counts["sent"]


def _state(tenant: UUID, mission: UUID) -> str:
    with db.transaction(tenant) as session:
        return str(session.execute(text("SELECT state FROM missions WHERE id = :id"), {"id": mission}).scalar_one())


def _steps_ended_once(tenant: UUID, mission: UUID) -> bool:
    ended = text("SELECT payload->>'key' FROM events WHERE mission_id = :id AND type = 'step.finished'")
    with db.transaction(tenant) as session:
        times = Counter(session.scalars(ended, {"id": mission}))
    return set(times.values()) == {1} and len(times) == 10


def _counts(tenant: UUID, mission: UUID) -> dict[str, int]:
    with db.transaction(tenant) as session:
        kept = session.execute(text("SELECT * FROM mission_progress WHERE mission_id = :id"), {"id": mission}).one()
        counted = Counter(
            session.scalars(text("SELECT state FROM outcomes WHERE mission_id = :id"), {"id": mission}).all()
        )
        assumed = text("SELECT count(*) FROM outcomes WHERE mission_id = :id AND state = 'sent' AND reason IS NOT NULL")
        unsure = session.execute(assumed, {"id": mission}).scalar_one()
    assert {name: getattr(kept, name) for name in counted} == dict(counted)
    return {"planned": kept.planned, "sent": kept.sent, "pending": kept.pending, "assumed": unsure}


def _left(tenant: UUID, mission: UUID) -> list[object]:
    """The rows that explain a pending lead, for the message of a failure."""
    asked = text("""
        SELECT o.chunk_no, s.key, c.state, c.attempt, c.losses, m.state AS message, m.attempts, m.reason
        FROM outcomes AS o LEFT JOIN messages AS m USING (mission_id, lead_id)
        LEFT JOIN chunks AS c ON c.mission_id = o.mission_id AND c.no = o.chunk_no
        LEFT JOIN steps AS s ON s.id = c.step_id
        WHERE o.mission_id = :id AND o.state = 'pending' ORDER BY 1, 2""")
    with db.transaction(tenant) as session:
        return [tuple(row) for row in session.execute(asked, {"id": mission})]
