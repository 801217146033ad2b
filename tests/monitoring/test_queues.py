from uuid import UUID

import psycopg

from rex_celery import broker, crews, db
from rex_celery.flow import Call
from rex_celery.models import Mission
from rex_celery.monitoring import queues, workers
from rex_celery.monitoring.queues import QueueDepth
from tests.factories import a_chunk, a_mission, a_step

Owner = psycopg.Connection[tuple[object, ...]]
QUEUE = "crew.campaign"


def _depth(name: str) -> QueueDepth:
    return next(depth for depth in queues.depths() if depth.queue == name)


def _executing(owner: Owner, mission: Mission) -> None:
    for state in ("assigned", "executing"):
        owner.execute("UPDATE missions SET state = %s WHERE id = %s", [state, mission.id])


def _work(tenant: UUID, states: list[str]) -> Mission:
    with db.transaction(tenant) as session:
        mission = a_mission(session, tenant)
        step = a_step(session, mission, crew="campaign", agent="outreach")
        for number, state in enumerate(states):
            a_chunk(session, step, number, crew="campaign", state=state)
    return mission


def test_every_queue_is_listed_even_when_all_is_quiet(empty_engine: None) -> None:
    found = queues.depths()
    assert [depth.queue for depth in found] == list(crews.QUEUES)
    assert found[0] == QueueDepth("crew.dead_lead", "dead_lead", 0, 0, 0, None, 0)
    assert found[-1] == QueueDepth("control", None, 0, 0, 0, None, 0)


def test_work_is_counted_where_it_waits_and_where_it_runs(
    empty_engine: None, tenant: UUID, owner_connection: Owner
) -> None:
    mission = _work(tenant, ["ready", "ready", "queued", "running", "waiting", "done", "failed", "quarantined"])
    _executing(owner_connection, mission)
    owner_connection.execute(
        "UPDATE chunks SET queued_at = now() - interval '40 seconds' WHERE mission_id = %s AND state = 'queued'",
        [mission.id],
    )
    depth = _depth(QUEUE)
    assert (depth.depth, depth.running) == (3, 1)
    assert depth.oldest_seconds is not None
    assert 40 <= depth.oldest_seconds < 60
    assert _depth("crew.dead_lead").depth == 0


def test_work_of_a_paused_mission_does_not_wait_for_workers(
    empty_engine: None, tenant: UUID, owner_connection: Owner
) -> None:
    mission = _work(tenant, ["ready"])
    _executing(owner_connection, mission)
    assert _depth(QUEUE).depth == 1
    owner_connection.execute("UPDATE missions SET paused_at = now() WHERE id = %s", [mission.id])
    assert _depth(QUEUE).depth == 0


def test_messages_are_counted_over_all_priorities_as_celery_itself_counts_them(empty_engine: None) -> None:
    broker.publish([Call("nothing.real", (), QUEUE, priority) for priority in (0, 0, 5, 9)])
    broker.publish([Call("nothing.real", (), "control", 0)])
    assert queues.lengths() == dict.fromkeys(crews.QUEUES, 0) | {QUEUE: 4, "control": 1}
    with broker.app().connection_for_read() as connection:
        assert connection.default_channel._size(QUEUE) == 4
    assert _depth(QUEUE).messages == 4
    assert _depth("control").depth == 1


def test_living_workers_are_counted(empty_engine: None) -> None:
    workers.beat(QUEUE, "campaign@one")
    assert _depth(QUEUE).workers == 1


def test_the_rows_are_counted_even_when_redis_is_away(
    empty_engine: None, tenant: UUID, owner_connection: Owner, unreachable_redis: None
) -> None:
    _executing(owner_connection, _work(tenant, ["ready"]))
    depth = _depth(QUEUE)
    assert (depth.depth, depth.messages, depth.workers) == (1, 0, 0)
