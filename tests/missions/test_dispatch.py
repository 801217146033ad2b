"""What goes to the queues: never too much, the urgent first, every tenant in its turn."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import config, db
from rex_celery.flow import BULK, NORMAL, URGENT, Call, Sequence, Together
from rex_celery.missions import dispatch, engine
from tests.factories import a_chunk, a_mission, a_step
from tests.missions.conftest import HandCarrier


def _with_chunks(tenant: UUID, chunks: int, **fields: object) -> UUID:
    """A mission whose reviver step has this many ready chunks."""
    with db.transaction(tenant) as session:
        mission = a_mission(session, tenant, **fields)
        step = a_step(session, mission, state="ready", total=chunks)
        for number in range(1, chunks + 1):
            a_chunk(session, step, number)
        for state in ("assigned", "executing"):
            session.execute(text("UPDATE missions SET state = :s WHERE id = :id"), {"s": state, "id": mission.id})
        return mission.id


def _owners(carrier: HandCarrier) -> list[str]:
    return [str(call.arguments[1]) for call in carrier.waiting if call.task != "control.join"]


def test_a_queue_is_never_filled_beyond_its_depth(carrier: HandCarrier, tenant: UUID) -> None:
    _with_chunks(tenant, 100)
    assert dispatch.top_up() == config.settings().queue_depth
    assert dispatch.top_up() == 0


def test_a_small_tenant_is_served_beside_a_large_one(carrier: HandCarrier, tenant: UUID, other_tenant: UUID) -> None:
    _with_chunks(tenant, 100)  # F18
    small = _with_chunks(other_tenant, 3)
    dispatch.top_up()
    assert _owners(carrier).count(str(small)) == 3


def test_the_more_urgent_mission_goes_first(carrier: HandCarrier, tenant: UUID) -> None:
    _with_chunks(tenant, 40, priority=50)
    urgent = _with_chunks(tenant, 40, priority=90)
    dispatch.top_up()
    assert set(_owners(carrier)) == {str(urgent)}


def test_pieces_of_a_step_travel_as_one_chord_with_its_join(
    carrier: HandCarrier, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []
    monkeypatch.setattr("rex_celery.broker.publish", sent.extend)
    _with_chunks(tenant, 3)
    dispatch.top_up()
    (flow,) = sent
    assert isinstance(flow, Together)
    assert [call.queue for call in flow.calls] == ["crew.dead_lead"] * 3
    assert flow.then.task == "control.join"


def test_a_single_piece_travels_as_a_chain_with_its_join(
    carrier: HandCarrier, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []
    monkeypatch.setattr("rex_celery.broker.publish", sent.extend)
    _with_chunks(tenant, 1)
    dispatch.top_up()
    (flow,) = sent
    assert isinstance(flow, Sequence)
    assert [call.queue for call in flow.calls] == ["crew.dead_lead", "control"]
    assert flow.calls[-1].task == "control.join"


def test_a_paused_mission_is_passed_over(carrier: HandCarrier, tenant: UUID) -> None:
    mission = _with_chunks(tenant, 3)
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE missions SET paused_at = now() WHERE id = :id"), {"id": mission})
    assert dispatch.top_up() == 0


def test_many_dispatchers_at_once_send_each_piece_once(carrier: HandCarrier, tenant: UUID) -> None:
    _with_chunks(tenant, 30)  # P2, F16
    together = Barrier(4)

    def dispatcher(_: int) -> int:
        together.wait()
        return engine.run_round()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(dispatcher, range(4))) == 30
    pieces = [call.arguments for call in carrier.waiting if call.task != "control.join"]
    assert len(pieces) == len(set(pieces)) == 30


def test_many_kicks_in_a_moment_are_one_message(carrier: HandCarrier, tenant: UUID) -> None:
    for _ in range(5):
        with db.transaction(tenant) as session:
            dispatch.kick(session)
    assert [call.task for call in carrier.waiting] == ["control.top_up"]
    dispatch.begin_top_up()
    with db.transaction(tenant) as session:
        dispatch.kick(session)
    assert len(carrier.waiting) == 2


@pytest.mark.parametrize(("priority", "expected"), [(100, URGENT), (80, URGENT), (50, NORMAL), (49, BULK), (0, BULK)])
def test_a_priority_becomes_one_of_three_classes(priority: int, expected: int) -> None:
    assert dispatch.priority_class(priority) == expected
    assert isinstance(Call("a", (), "b", expected), Call)
