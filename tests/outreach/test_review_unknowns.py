"""Looking after what nobody heard the end of: everybody's, in the order of locks, whatever one tenant's trouble."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.compliance import stops
from rex_celery.integrations.base import Delivery
from rex_celery.outreach import rounds, unknowns
from tests.outreach.enrolled import NOON, Clock, Crowd, Recorder, a_crowd, set_policy
from workers.base import attempt

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def _unknown(tenant: UUID) -> tuple[Crowd, Clock]:
    crowd, at = a_crowd(tenant, provider="smtp"), Clock()
    crowd.send(at, Recorder(answer=Delivery.UNKNOWN))
    at.on(hours=2)
    return crowd, at


def test_what_is_unknown_of_people_who_were_stopped_is_settled_too(tenant: UUID, empty_engine: None) -> None:
    crowd, at = _unknown(tenant)
    with db.transaction(tenant) as session:
        stops.stop_people(session, tenant, [crowd.leads[0].id], "suppressed_opt_out", NOON)
    with clock.replaced(at):
        rounds.look_after(attempt)
    assert crowd.states() == ["accepted"]


@pytest.mark.parametrize("first_is_well", [True, False])
def test_one_tenants_trouble_does_not_hide_the_others(
    tenant: UUID, other_tenant: UUID, empty_engine: None, *, first_is_well: bool
) -> None:
    well, ill = (tenant, other_tenant) if first_is_well else (other_tenant, tenant)
    crowd, at = _unknown(well)
    a_crowd(ill)
    with db.transaction(ill) as session:
        set_policy(session, ill, '{"caps": "many"}')
    with clock.replaced(at):
        rounds.look_after(attempt)
    assert crowd.states() == ["accepted"]


def test_enrolments_are_locked_before_their_messages(
    tenant: UUID, owner_connection: psycopg.Connection[tuple[object, ...]]
) -> None:
    crowd, at = _unknown(tenant)

    def settle() -> int:
        with db.transaction(tenant) as session:
            return unknowns.settle(session, tenant, at())

    with ThreadPoolExecutor(1) as pool:
        with db.transaction(tenant) as session:
            session.execute(text("SELECT FROM enrolments FOR UPDATE"))
            settling = pool.submit(settle)
            _until(lambda: owner_connection.execute(WAITING).fetchone()[0] > 0)  # type: ignore[index,operator]
            session.execute(text("SELECT FROM messages FOR UPDATE NOWAIT"))
        assert settling.result(10) == 1
    assert crowd.states() == ["accepted"]


def _until(holds: Callable[[], bool]) -> None:
    ends = monotonic() + 10
    while not holds():
        assert monotonic() < ends
