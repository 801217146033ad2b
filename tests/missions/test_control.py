"""What a person may do to a mission, and that it takes effect before the next send."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import config, db
from rex_celery.agents.analytics import Analytics
from rex_celery.agents.base import Job
from rex_celery.errors import ConflictError, NotFoundError
from rex_celery.missions import control, moves
from tests.missions import asking
from tests.missions.conftest import HandCarrier, submitted

Act = Callable[[Session, UUID, UUID], None]
Owner = psycopg.Connection[tuple[object, ...]]


def act(what: Callable[..., None], tenant: UUID, mission: UUID) -> None:
    with db.transaction(tenant) as session:
        what(session, tenant, mission, actor="a person")


def _at_the_door(carrier: HandCarrier) -> None:
    """Run until the first piece of sending is the next thing to be done."""
    carrier.run_all(until=lambda: bool(carrier.waiting) and carrier.waiting[0].task == "campaign.outreach")


def test_a_cancelled_mission_sends_nothing_more_and_still_adds_up(carrier: HandCarrier, tenant: UUID) -> None:
    mission = submitted(tenant, leads=20)
    _at_the_door(carrier)
    carrier.run(carrier.waiting.pop(0))
    sent = len(asking.delivered(tenant))
    assert sent > 0
    act(control.cancel, tenant, mission)
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "cancelled"
    assert len(asking.delivered(tenant)) == sent
    assert asking.leads_of(tenant, mission) == {
        ("sent", None): sent,
        ("skipped", "customer"): 5,
        ("skipped", "cancelled"): 15 - sent,
    }
    assert asking.adds_up(tenant, mission)


def test_a_paused_mission_waits_and_goes_on_where_it_stood(carrier: HandCarrier, tenant: UUID) -> None:
    mission = submitted(tenant, leads=20)
    _at_the_door(carrier)
    carrier.run(carrier.waiting.pop(0))
    sent = len(asking.delivered(tenant))
    act(control.pause, tenant, mission)
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "executing"
    assert len(asking.delivered(tenant)) == sent
    act(control.resume, tenant, mission)
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    assert asking.leads_of(tenant, mission) == {("sent", None): 15, ("skipped", "customer"): 5}
    assert set(asking.delivered(tenant).values()) == {1}


def test_the_emergency_stop_holds_every_message_and_its_release_lets_them_go(
    carrier: HandCarrier, tenant: UUID
) -> None:
    mission = submitted(tenant, leads=8)
    _at_the_door(carrier)
    stop = text("UPDATE tenants SET sending_stopped_at = CASE WHEN :on THEN now() END WHERE id = :id")
    with db.transaction(tenant) as session:
        session.execute(stop, {"id": tenant, "on": True})
    carrier.run_all()
    assert not asking.delivered(tenant)
    assert asking.state_of(tenant, mission) == "executing"
    with db.transaction(tenant) as session:
        session.execute(stop, {"id": tenant, "on": False})
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    assert sorted(asking.delivered(tenant).values()) == [1] * 6


def test_a_cancelled_mission_cannot_be_approved_any_more(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner
) -> None:
    mission = submitted(tenant, leads=4)
    _at_the_door(carrier)
    owner_connection.execute("UPDATE steps SET state = 'waiting' WHERE key = 'approve'")
    act(control.cancel, tenant, mission)
    with pytest.raises(ConflictError):
        act(control.approve, tenant, mission)


def test_a_mission_that_ended_during_its_pause_is_not_paused_any_more(
    carrier: HandCarrier, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission = submitted(tenant, leads=1)
    work = Analytics.work

    def paused_meanwhile(agent: Analytics, job: Job, batch: dict[str, object]) -> dict[str, object]:
        act(control.pause, tenant, mission)
        return work(agent, job, batch)

    monkeypatch.setattr(Analytics, "work", paused_meanwhile)
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    assert asking.one(tenant, "SELECT paused_at FROM missions WHERE id = :id", id=mission) is None


@pytest.mark.parametrize("what", [control.pause, control.cancel])
def test_a_mission_that_is_held_leaves_its_place_in_the_queue_to_others(
    carrier: HandCarrier, tenant: UUID, other_tenant: UUID, monkeypatch: pytest.MonkeyPatch, what: Act
) -> None:
    monkeypatch.setattr(config.settings(), "queue_depth", 2)
    held = submitted(tenant, leads=40)
    carrier.run_all(until=lambda: any(call.arguments[3:4] == (1,) for call in carrier.waiting))
    other = submitted(other_tenant, leads=1)
    act(what, tenant, held)
    carrier.run_all()
    assert asking.state_of(other_tenant, other) == "completed"


def test_a_person_and_a_worker_in_trouble_never_wait_for_each_other(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner
) -> None:
    mission = submitted(tenant, leads=4)
    _at_the_door(carrier)
    act(control.pause, tenant, mission)
    owner_connection.execute("UPDATE chunks SET state = 'queued' WHERE state = 'ready'")
    lock = text("SELECT FROM chunks WHERE mission_id = :id AND state = 'queued' FOR UPDATE")
    with ThreadPoolExecutor(1) as pool:
        with db.transaction(tenant) as session:
            session.execute(lock, {"id": mission})
            resumed = pool.submit(act, control.resume, tenant, mission)
            until_one_waits(owner_connection)
            moves.escalate(session, tenant, mission, "provider_unavailable")
        resumed.result()
    assert asking.state_of(tenant, mission) == "escalated"


def until_one_waits(owner: Owner) -> None:
    """Until another connection to this database waits for a lock."""
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    for _ in range(1000):
        if owner.execute(waits).fetchone() == (1,):
            return
        sleep(0.005)  # for another thread, not for time
    pytest.fail("nobody waits")


@pytest.mark.parametrize("what", [control.cancel, control.pause, control.resume, control.retry, control.approve])
def test_a_mission_of_another_tenant_is_not_there(
    carrier: HandCarrier, tenant: UUID, other_tenant: UUID, what: Act
) -> None:
    mission = submitted(tenant, leads=1)
    with pytest.raises(NotFoundError) as refused:
        act(what, other_tenant, mission)
    assert refused.value.code == "mission_not_found"
    with pytest.raises(NotFoundError):
        act(what, tenant, uuid4())
    assert asking.state_of(tenant, mission) == "queued"


@pytest.mark.parametrize("what", [control.cancel, control.pause, control.resume, control.retry, control.approve])
def test_a_completed_mission_refuses_everything(carrier: HandCarrier, tenant: UUID, what: Act) -> None:
    mission = submitted(tenant, leads=1)
    carrier.run_all()
    with pytest.raises(ConflictError):
        act(what, tenant, mission)
    assert asking.state_of(tenant, mission) == "completed"


def test_a_mission_that_is_under_way_cannot_be_retried_and_says_what_can(tenant: UUID, carrier: HandCarrier) -> None:
    mission = submitted(tenant, leads=1)
    with pytest.raises(ConflictError, match=r"queued\. Only failed or escalated missions can be retried\.") as refused:
        act(control.retry, tenant, mission)
    assert refused.value.code == "illegal_move"
