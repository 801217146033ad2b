"""Whatever is lost on the way is found again in the rows."""

from uuid import UUID

import psycopg
from sqlalchemy import text

from rex_celery import db, redis
from rex_celery.flow import Call
from rex_celery.missions import control, reconcile
from rex_celery.tenancy import sending
from tests.missions import asking
from tests.missions.conftest import HandCarrier, submitted
from tests.missions.test_control import act

Owner = psycopg.Connection[tuple[object, ...]]


def _until_sending(carrier: HandCarrier) -> None:
    carrier.run_all(until=lambda: any(call.task == "campaign.outreach" for call in carrier.waiting))


def _taken(carrier: HandCarrier) -> Call:
    """A piece of sending that a worker took and never gave back."""
    call = next(call for call in carrier.waiting if call.task == "campaign.outreach")
    carrier.waiting.remove(call)
    return call


def test_everything_queued_is_sent_again_when_redis_was_emptied(carrier: HandCarrier, tenant: UUID) -> None:
    mission = submitted(tenant, leads=20)
    reconcile.run_round()
    _until_sending(carrier)
    carrier.waiting.clear()
    redis.client().flushdb()
    assert reconcile.run_round().requeued > 0
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    assert set(asking.delivered(tenant).values()) == {1}


def test_a_single_lost_message_is_sent_again_after_a_few_seconds(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner
) -> None:
    mission = submitted(tenant, leads=20)
    reconcile.run_round()
    _until_sending(carrier)
    carrier.waiting.clear()
    assert reconcile.run_round().requeued == 0
    owner_connection.execute("UPDATE chunks SET queued_at = now() - interval '6 seconds' WHERE state = 'queued'")
    assert reconcile.run_round().requeued > 0
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"


def test_the_work_of_a_dead_worker_is_taken_over_when_its_lease_ends(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner
) -> None:
    mission = submitted(tenant, leads=20)
    reconcile.run_round()
    _until_sending(carrier)
    lost = _taken(carrier)
    owner_connection.execute(
        "UPDATE chunks SET state = 'running', attempt = 1, lease_until = now() - interval '1 second'"
        " WHERE step_id = %s AND no = %s",
        [lost.arguments[2], lost.arguments[3]],
    )
    assert reconcile.run_round().taken_over == 1
    carrier.run_all()
    assert asking.leads_of(tenant, mission) == {("sent", None): 15, ("skipped", "customer"): 5}


def test_work_that_kills_its_workers_is_set_aside_with_its_leads_named(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner
) -> None:
    mission = submitted(tenant, leads=20)  # F13
    reconcile.run_round()
    _until_sending(carrier)
    poison = _taken(carrier)
    owner_connection.execute(
        "UPDATE chunks SET state = 'running', losses = 3, lease_until = now() - interval '1 second'"
        " WHERE step_id = %s AND no = %s",
        [poison.arguments[2], poison.arguments[3]],
    )
    reconcile.run_round()
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    assert asking.chunks_of(tenant, mission, "send")["quarantined"] == 1
    failed = asking.leads_of(tenant, mission)[("failed", "worker_lost")]
    assert failed > 0
    assert asking.leads_of(tenant, mission)[("sent", None)] == 15 - failed
    assert asking.adds_up(tenant, mission)


def test_a_wait_that_is_over_ends(carrier: HandCarrier, tenant: UUID, owner_connection: Owner) -> None:
    mission = submitted(tenant, leads=4)
    _until_sending(carrier)
    carrier.waiting.clear()
    wait = "UPDATE chunks SET state = 'waiting', run_after = now() + interval '%s seconds' WHERE state = 'queued'"
    owner_connection.execute(wait % "60")  # type: ignore[arg-type]
    assert reconcile.run_round().due == 0
    owner_connection.execute("UPDATE chunks SET run_after = now() WHERE state = 'waiting'")
    assert reconcile.run_round().due == 1
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"


def test_a_mission_without_progress_is_handed_out_again_and_then_escalated(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner
) -> None:
    mission = submitted(tenant, leads=4)
    _until_sending(carrier)
    for stalls in range(1, 4):
        carrier.waiting.clear()
        owner_connection.execute("UPDATE missions SET started_at = now() - interval '1 day'")
        owner_connection.execute("UPDATE steps SET started_at = now() - interval '1 day', progressed_at = NULL")
        reconcile.run_round()
        assert asking.one(tenant, "SELECT stalls FROM missions WHERE id = :id", id=mission) == stalls
    assert asking.state_of(tenant, mission) == "escalated"
    assert asking.one(tenant, "SELECT reason FROM missions WHERE id = :id", id=mission) == "stalled"


def _a_day_passes(owner: Owner) -> None:
    owner.execute("UPDATE missions SET started_at = started_at - interval '1 day'")
    earlier = "started_at = started_at - interval '1 day', progressed_at = progressed_at - interval '1 day'"
    owner.execute(f"UPDATE steps SET {earlier}")  # type: ignore[arg-type]


def test_a_day_of_pause_is_no_stall_when_the_mission_goes_on(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner
) -> None:
    mission = submitted(tenant, leads=4)
    _until_sending(carrier)
    act(control.pause, tenant, mission)
    _a_day_passes(owner_connection)
    reconcile.run_round()
    act(control.resume, tenant, mission)
    reconcile.run_round()
    assert asking.one(tenant, "SELECT stalls FROM missions WHERE id = :id", id=mission) == 0


def test_a_day_of_emergency_stop_is_no_stall_either(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner
) -> None:
    mission = submitted(tenant, leads=4)
    _until_sending(carrier)
    with db.transaction(tenant) as session:
        sending.stop(session, tenant, actor="a person")
    carrier.run_all()
    _a_day_passes(owner_connection)
    reconcile.run_round()
    with db.transaction(tenant) as session:
        sending.release(session, tenant, actor="a person")
    reconcile.run_round()
    assert asking.one(tenant, "SELECT stalls FROM missions WHERE id = :id", id=mission) == 0


def test_a_mission_that_waited_a_day_gets_more_urgent_once(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner
) -> None:
    mission = submitted(tenant, leads=1, priority=90)
    owner_connection.execute("UPDATE missions SET created_at = now() - interval '25 hours'")
    reconcile.run_round()
    reconcile.run_round()
    assert asking.one(tenant, "SELECT priority FROM missions WHERE id = :id", id=mission) == 100


def test_a_mission_whose_first_steps_were_never_opened_is_opened(carrier: HandCarrier, tenant: UUID) -> None:
    mission = submitted(tenant, leads=4)
    carrier.waiting.clear()
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE missions SET state = 'assigned' WHERE id = :id"), {"id": mission})
    reconcile.run_round()
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
