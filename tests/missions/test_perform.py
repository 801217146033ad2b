"""One piece of work: done once, whatever the number of messages about it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from rex_celery import broker, db
from rex_celery.agents.base import Job
from rex_celery.agents.outreach import Outreach
from rex_celery.agents.reviver import Quiet, Reviver
from rex_celery.flow import Call
from rex_celery.missions import advance, perform
from rex_celery.work import Verdict, WorkRef
from tests.missions import asking
from tests.missions.conftest import HandCarrier, submitted

Owner = psycopg.Connection[tuple[object, ...]]


def _first(carrier: HandCarrier, task: str) -> Call:
    carrier.run_all(until=lambda: any(call.task == task for call in carrier.waiting))
    return next(call for call in carrier.waiting if call.task == task)


def test_fifty_copies_of_one_task_deliver_each_message_once(carrier: HandCarrier, tenant: UUID) -> None:
    submitted(tenant, leads=5)  # P1
    call = _first(carrier, "campaign.outreach")
    ref = WorkRef.read(*call.arguments)  # type: ignore[arg-type]
    together = Barrier(10)

    def deliver(_: int) -> str:
        together.wait()
        return perform.perform(Outreach(), ref)

    with ThreadPoolExecutor(10) as pool:
        said = Counter(pool.map(deliver, range(50)))
    assert said == {"done": 1, "stale": 49}
    assert sorted(asking.delivered(tenant).values()) == [1] * 4


def test_every_message_three_times_still_ends_each_piece_once(
    carrier: HandCarrier, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission = submitted(tenant, leads=12)  # F10
    monkeypatch.setattr(broker, "publish", lambda flows: carrier.publish([flow for flow in flows for _ in range(3)]))
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    assert set(asking.delivered(tenant).values()) == {1}
    assert asking.one(tenant, "SELECT max(done + failed - total) FROM steps WHERE mission_id = :id", id=mission) == 0


def test_a_message_from_before_a_cancellation_does_nothing(carrier: HandCarrier, tenant: UUID) -> None:
    mission = submitted(tenant, leads=5)
    call = _first(carrier, "campaign.outreach")
    old = (*call.arguments[:4], int(str(call.arguments[4])) - 1)
    assert carrier.run(Call(call.task, old, call.queue)) == "stale"
    assert not asking.delivered(tenant)
    assert asking.chunks_of(tenant, mission, "send") == {"queued": 1}


def test_the_failure_of_a_worker_that_was_taken_over_is_not_its_successors(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission = submitted(tenant, leads=5)
    call = _first(carrier, "dead_lead.reviver")
    carrier.waiting.remove(call)
    taken = "UPDATE chunks SET attempt = attempt + 1, lease_until = now() + interval '1 minute' WHERE step_id = %s"

    def too_late(*_: object) -> None:
        owner_connection.execute(taken, [call.arguments[2]])
        raise ZeroDivisionError

    monkeypatch.setattr(Reviver, "work", too_late)
    assert carrier.run(call) == "None"
    assert asking.chunks_of(tenant, mission, "revive") == {"running": 1}


def test_the_end_of_a_step_waits_for_nobody_who_writes_a_history(carrier: HandCarrier, tenant: UUID) -> None:
    mission = submitted(tenant, leads=5)
    _first(carrier, "dead_lead.reviver")
    line = text(
        "INSERT INTO lead_history (tenant_id, mission_id, lead_id, agent, state)"
        " VALUES (:tenant, :mission, :tenant, 'compliance', 'skipped')"
    )
    # Two such transactions, each at the end of its own step, would wait for each other for ever.
    with db.transaction(tenant) as one, db.transaction(tenant) as two:
        one.execute(line, {"tenant": tenant, "mission": mission})
        two.execute(text("SET LOCAL lock_timeout = '1s'"))
        advance.advance(two, tenant, mission)


def test_work_whose_lease_was_taken_over_stores_nothing(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner
) -> None:
    mission = submitted(tenant, leads=5)
    call = _first(carrier, "dead_lead.reviver")
    ref = WorkRef.read(*call.arguments)  # type: ignore[arg-type]

    class Slow(Reviver):
        def work(self, job: Job, batch: Quiet) -> list[Verdict]:
            owner_connection.execute("UPDATE chunks SET attempt = attempt + 1 WHERE step_id = %s", [ref.step_id])
            return Reviver().work(job, batch)

    assert perform.perform(Slow(), ref) == "fenced"
    assert asking.leads_of(tenant, mission) == {("pending", None): 5}
    assert asking.one(tenant, "SELECT count(*) FROM lead_history WHERE mission_id = :id", id=mission) == 0
