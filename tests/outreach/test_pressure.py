from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from rex_celery import db
from rex_celery.models import Lead
from rex_celery.outreach import pressure
from rex_celery.outreach.policy import STANDARD, Policy, Pressure
from tests.factories import a_lead, a_message, a_mission

NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEFT = ("unknown", "accepted", "deferred", "delivered", "bounced", "replied", "complained")


def touched(tenant: UUID, *ago: timedelta, state: str = "delivered", **fields: object) -> Lead:
    """Somebody who was written to so long ago, by a mission of its own each time."""
    with db.transaction(tenant) as session:
        lead = a_lead(session, tenant)
        for span in ago:
            a_message(session, a_mission(session, tenant), lead, state=state, sent_at=NOW - span, **fields)
        return lead


def held(tenant: UUID, *leads: Lead, policy: Policy = STANDARD) -> dict[UUID, datetime]:
    with db.transaction(tenant) as session:
        return pressure.holds(session, [lead.id for lead in leads], policy, NOW)


def test_who_was_never_written_to_may_be(tenant: UUID) -> None:
    assert held(tenant, touched(tenant)) == {}
    assert held(tenant) == {}


@pytest.mark.parametrize("state", LEFT)
def test_whatever_left_counts_on_any_channel_and_in_any_mission(tenant: UUID, state: str) -> None:
    lead = touched(tenant, HOUR, state=state, channel="sms")

    assert held(tenant, lead) == {lead.id: NOW - HOUR + DAY}


@pytest.mark.parametrize("state", ["planned", "claimed", "submitted"])
def test_what_has_not_left_does_not_count(tenant: UUID, state: str) -> None:
    with db.transaction(tenant) as session:
        lead = a_lead(session, tenant)
        a_message(session, a_mission(session, tenant), lead, state=state)

    assert held(tenant, lead) == {}


def test_after_a_day_there_may_be_another_and_after_six_in_thirty_days_none(tenant: UUID) -> None:
    rested = touched(tenant, DAY)
    tired = touched(tenant, *(DAY * days for days in (2, 5, 9, 14, 20, 29)))
    ready = touched(tenant, *(DAY * days for days in (2, 5, 9, 14, 20, 30)))

    assert held(tenant, rested, tired, ready) == {tired.id: NOW + DAY}


def test_the_longer_of_two_waits_counts(tenant: UUID) -> None:
    lead = touched(tenant, HOUR, DAY * 10, DAY * 20)

    assert held(tenant, lead, policy=Policy(pressure=Pressure(per_day=1, per_30_days=3))) == {lead.id: NOW + 10 * DAY}
    assert held(tenant, lead, policy=Policy(pressure=Pressure(per_day=2, per_30_days=9))) == {}
    twice = touched(tenant, HOUR, HOUR * 20)
    assert held(tenant, twice, policy=Policy(pressure=Pressure(per_day=2))) == {twice.id: NOW + HOUR * 4}


def test_it_is_one_statement_for_all_and_another_tenant_s_people_are_not_seen(tenant: UUID, other_tenant: UUID) -> None:
    theirs = touched(other_tenant, HOUR)
    mine = [touched(tenant, HOUR) for _ in range(3)]

    assert set(held(tenant, *mine, theirs)) == {lead.id for lead in mine}
    with db.transaction(tenant) as session:
        assert pressure.holds(session, [uuid4()], STANDARD, NOW) == {}
