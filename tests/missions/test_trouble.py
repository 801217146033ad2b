"""Work that goes wrong: one bad lead, a whole piece, a provider that is down."""

from uuid import UUID

import psycopg
import pytest

from rex_celery.agents import reviver
from rex_celery.flow import Call
from rex_celery.missions import control, reconcile
from tests.missions import asking
from tests.missions.conftest import HandCarrier, submitted
from tests.missions.test_control import act

Owner = psycopg.Connection[tuple[object, ...]]
NIL = str(UUID(int=0))


def _wait_over(owner: Owner) -> None:
    owner.execute("UPDATE chunks SET run_after = now() WHERE state = 'waiting'")
    reconcile.run_round()


def test_a_lead_on_which_an_agent_fails_does_not_fail_its_batch(
    carrier: HandCarrier, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission = submitted(tenant, leads=8)  # P4
    judged, seen = reviver.judged, []

    def one_bad(lead: object, **known: object) -> object:
        seen.append(lead)
        if len(seen) == 3:
            raise ZeroDivisionError
        return judged(lead, **known)  # type: ignore[arg-type]

    monkeypatch.setattr(reviver, "judged", one_bad)
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    leads = asking.leads_of(tenant, mission)
    assert leads[("failed", "agent_failed")] == 1
    assert leads.total() == 8
    assert asking.adds_up(tenant, mission)


def test_a_piece_that_always_fails_is_tried_four_times_and_its_step_escalates(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission = submitted(tenant, leads=4)
    monkeypatch.setattr(reviver.Reviver, "load", lambda *_: 1 / 0)
    carrier.run_all()
    for _ in range(3):
        assert asking.chunks_of(tenant, mission, "revive") == {"waiting": 1}
        _wait_over(owner_connection)
        carrier.run_all()
    assert asking.state_of(tenant, mission) == "escalated"
    assert asking.leads_of(tenant, mission) == {("failed", "agent_failed"): 4}
    monkeypatch.undo()
    monkeypatch.setattr("rex_celery.broker.publish", carrier.publish)
    act(control.retry, tenant, mission)
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    assert asking.leads_of(tenant, mission) == {("sent", None): 3, ("skipped", "customer"): 1}


@pytest.mark.parametrize(
    "junk",
    [("not", "an", "id", 1, 1), (5, {}, None, 1, 1), (NIL, NIL, NIL, 2**40, 1), (NIL, NIL, NIL, None, 1), (NIL,)],
)
def test_a_task_that_cannot_be_read_is_kept_as_a_dead_letter(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner, junk: tuple[str | int | None, ...]
) -> None:
    assert carrier.run(Call("dead_lead.reviver", junk, "crew.dead_lead")) == "unreadable"  # F14
    kept = owner_connection.execute("SELECT task, arguments FROM dead_letters").fetchall()
    assert kept == [("dead_lead.reviver", repr(junk))]
