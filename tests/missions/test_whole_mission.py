"""A whole mission, carried by hand."""

from uuid import UUID

from sqlalchemy import text

from rex_celery import db
from tests.missions import asking
from tests.missions.conftest import HandCarrier, submitted


def test_every_lead_is_messaged_once_or_has_its_reason(carrier: HandCarrier, tenant: UUID) -> None:
    mission = submitted(tenant, leads=12)
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    assert asking.leads_of(tenant, mission) == {("sent", None): 9, ("skipped", "customer"): 3}
    assert sorted(asking.delivered(tenant).values()) == [1] * 9
    assert asking.adds_up(tenant, mission)


def test_every_lead_that_was_looked_at_has_a_history(carrier: HandCarrier, tenant: UUID) -> None:
    mission = submitted(tenant, leads=4)
    carrier.run_all()
    asked = text("SELECT agent, state, count(*) FROM lead_history WHERE mission_id = :id GROUP BY 1, 2")
    with db.transaction(tenant) as session:
        found = {(row.agent, row.state): row.count for row in session.execute(asked, {"id": mission})}
    assert found == {
        ("reviver", "pending"): 3,
        ("reviver", "skipped"): 1,
        ("personalizer", "pending"): 3,
        ("outreach", "sent"): 3,
    }


def test_the_result_counts_what_the_rows_say(carrier: HandCarrier, tenant: UUID) -> None:
    mission = submitted(tenant, leads=8)
    carrier.run_all()
    result = asking.one(tenant, "SELECT result FROM missions WHERE id = :id", id=mission)
    assert result["states"] == {"sent": 6, "skipped": 2}  # type: ignore[index]
    assert result["reasons"] == {"customer": 2}  # type: ignore[index]
    assert result["channels"] == {"email": 6}  # type: ignore[index]


def test_a_mission_without_leads_fails_and_says_so_and_a_retry_looks_again(carrier: HandCarrier, tenant: UUID) -> None:
    mission = submitted(tenant, leads=0)
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "failed"
    assert asking.one(tenant, "SELECT reason FROM missions WHERE id = :id", id=mission) == "no_leads"


def test_progress_never_goes_back(carrier: HandCarrier, tenant: UUID) -> None:
    mission = submitted(tenant, leads=40)
    seen: list[float] = []

    def look() -> bool:
        seen.append(
            float(str(asking.one(tenant, "SELECT progress FROM mission_progress WHERE mission_id = :id", id=mission)))
        )
        return False

    carrier.run_all(until=look)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)


def test_events_of_a_mission_have_no_gap_and_every_step_ends_once(carrier: HandCarrier, tenant: UUID) -> None:
    mission = submitted(tenant, leads=12)
    carrier.run_all()
    with db.transaction(tenant) as session:
        numbers = session.scalars(text("SELECT seq FROM events ORDER BY seq")).all()
        ended = session.scalars(
            text("SELECT payload->>'key' FROM events WHERE mission_id = :id AND type = 'step.finished'"),
            {"id": mission},
        ).all()
        moved = session.scalars(
            text("SELECT payload->>'after' FROM events WHERE mission_id = :id AND type = 'mission.moved' ORDER BY seq"),
            {"id": mission},
        ).all()
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(ended) == len(set(ended)) == 10
    assert moved == ["assigned", "executing", "collecting", "analyzing", "completed"]
