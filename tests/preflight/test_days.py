"""The estimate of days, held against the same campaign on the virtual clock."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from rex_celery import clock, db
from rex_celery.preflight.check import preflight
from rex_celery.simulation import run
from rex_celery.simulation.asked import Asked, Rates
from tests.factories import a_connection, a_sequence, an_inbox
from tests.missions.conftest import an_order
from tests.outreach.enrolled import NOON, Clock, set_policy
from tests.preflight.lists import a_big_list

NOTHING_COMES_BACK = Rates(0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("policy", "limit"),
    [
        ('{"holidays": false}', "waiting_cap_inbox"),
        ('{"holidays": false, "caps": {"tenant_per_day": 13}}', "waiting_cap_tenant"),
        ('{"holidays": false, "caps": {"new_leads_per_day": 9}}', "waiting_cap_new_leads"),
        ('{"holidays": false, "hours": {"days": [1, 2, 5]}}', "waiting_cap_inbox"),
    ],
)
def test_the_estimate_is_the_shortest_time_and_at_most_a_week_short(tenant: UUID, policy: str, limit: str) -> None:
    imported = a_big_list(tenant, 100)
    with db.transaction(tenant) as session:
        set_policy(session, tenant, policy)
        sequence, account = a_sequence(session, tenant), a_connection(session, tenant)
        for _ in range(2):
            an_inbox(session, tenant, provider="sendgrid", connection_id=account.id, per_day=10, per_hour=10)
    with clock.replaced(Clock(NOON)):
        found = preflight(tenant, an_order(import_id=imported, sequence=str(sequence.id)), NOON).capacity
    asked = Asked(sequence=sequence.name, import_id=imported, days=60, starts_at=NOON, rates=NOTHING_COMES_BACK)
    lived = run.simulate(tenant, asked)
    last = max(day.date for day in lived.days if day.happened.get("sent_email"))
    assert found.first_day == date(2026, 6, 2)
    assert found.last_day is not None
    # One inbox may have more to do than another, and what waits does not always go in order.
    assert timedelta() <= last - found.last_day <= timedelta(days=7)
    assert found.limited_by is not None
    assert found.limited_by.code == limit
