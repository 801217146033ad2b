"""Running again what a failed or escalated mission has not finished: no lead is left behind, no check is left out."""

from uuid import UUID

import psycopg
import pytest

from rex_celery.agents import compliance
from rex_celery.flow import Call
from rex_celery.missions import control, reconcile
from tests.missions import asking
from tests.missions.conftest import HandCarrier, submitted
from tests.missions.test_control import act

Owner = psycopg.Connection[tuple[object, ...]]


def _taken(carrier: HandCarrier, task: str) -> Call:
    """The first piece of this work, out of its queue as if a worker had it."""
    carrier.run_all(until=lambda: any(call.task == task for call in carrier.waiting))
    call = next(call for call in carrier.waiting if call.task == task)
    carrier.waiting.remove(call)
    return call


def _poison(owner: Owner, call: Call) -> None:
    """Three workers died on this piece of work, and now a fourth."""
    owner.execute(
        "UPDATE chunks SET state = 'running', losses = 3, attempt = attempt + 1, lease_until = now() - interval '1 s'"
        " WHERE step_id = %s AND no = %s",
        [call.arguments[2], call.arguments[3]],
    )
    reconcile.run_round()


def test_leads_whose_step_is_over_stay_failed_and_none_is_left_pending(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner
) -> None:
    mission = submitted(tenant, leads=20)
    _poison(owner_connection, _taken(carrier, "dead_lead.reviver"))
    carrier.run_all(until=lambda: any(call.task == "campaign.outreach" for call in carrier.waiting))
    owner_connection.execute("UPDATE missions SET state = 'escalated', reason = 'stalled'")
    act(control.retry, tenant, mission)
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    leads = asking.leads_of(tenant, mission)
    assert leads[("failed", "worker_lost")] == 5
    assert leads[("pending", None)] == 0


def test_a_lead_on_which_a_check_failed_is_not_sent_to_by_a_retry(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission = submitted(tenant, leads=4)
    allowed, unchecked = compliance.allowed, []

    def one_bad(message: object, standing: object) -> object:
        if not unchecked:
            unchecked.append(message.lead_id)  # type: ignore[attr-defined]
            raise ZeroDivisionError
        return allowed(message, standing)  # type: ignore[arg-type]

    monkeypatch.setattr(compliance, "allowed", one_bad)
    _poison(owner_connection, _taken(carrier, "campaign.outreach"))
    assert asking.state_of(tenant, mission) == "escalated"
    act(control.retry, tenant, mission)
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    assert asking.leads_of(tenant, mission) == {
        ("sent", None): 2,
        ("failed", "agent_failed"): 1,
        ("skipped", "customer"): 1,
    }
    sent_to = "SELECT count(*) FROM messages WHERE lead_id = :lead AND state = 'accepted'"
    assert asking.one(tenant, sent_to, lead=unchecked[0]) == 0


def test_a_mission_that_was_escalated_as_stalled_gets_its_time_again(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner
) -> None:
    mission = submitted(tenant, leads=4)
    carrier.run_all(until=lambda: any(call.task == "campaign.outreach" for call in carrier.waiting))
    owner_connection.execute("UPDATE missions SET started_at = now() - interval '1 day', stalls = 2")
    owner_connection.execute(
        "UPDATE steps SET started_at = now() - interval '1 day', progressed_at = now() - interval '1 day'"
    )
    reconcile.run_round()
    assert asking.state_of(tenant, mission) == "escalated"
    carrier.waiting.clear()
    act(control.retry, tenant, mission)
    reconcile.run_round()
    reconcile.run_round()
    assert asking.state_of(tenant, mission) == "executing"
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
