"""An inbox explained: what holds it, what of its caps is used, what waits for it, what it sent."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.errors import NotFoundError
from rex_celery.explain import inbox
from rex_celery.explain.views import InboxExplained
from rex_celery.outreach import breaker, inboxes, pace
from tests.outreach.enrolled import NOON, Clock, Crowd, a_crowd


def asked(crowd: Crowd) -> InboxExplained:
    with db.transaction(crowd.tenant) as session:
        return inbox.explain(session, crowd.tenant, crowd.inbox.id, NOON)


def test_a_free_inbox_shows_its_caps_and_what_waits(tenant: UUID) -> None:
    crowd = a_crowd(tenant, 3)
    crowd.send(Clock(NOON))
    found = asked(crowd)
    assert found.holds == []
    assert {one.scope: one.used for one in found.caps} == {
        "tenant_day": 3,
        "inbox_day": 3,
        "inbox_hour": 3,
        "domain_day": 3,
    }
    assert [(one.why.code, one.count) for one in found.waiting] == [("waiting_not_due", 3)]
    assert [(one.day, one.states) for one in found.days] == [(NOON.date(), {"accepted": 3})]
    assert "3 messages wait for it." in found.summary


def test_a_used_up_cap_holds_it_with_its_numbers(tenant: UUID) -> None:
    crowd = a_crowd(tenant, 3)
    with db.transaction(tenant) as session:
        inboxes.change(session, crowd.inbox.id, {"per_hour": 2}, actor="a test")
    crowd.send(Clock(NOON))
    [hold] = asked(crowd).holds
    assert (hold.code, hold.used, hold.limit, hold.until) == ("waiting_cap_inbox", 2, 2, NOON + timedelta(hours=1))


def test_everything_that_holds_it_is_told(tenant: UUID) -> None:
    crowd = a_crowd(tenant)
    with db.transaction(tenant) as session:
        inboxes.pause(session, tenant, crowd.inbox.id, actor="a test")
        for _ in range(breaker.FAILURES):
            breaker.failed(session, tenant, crowd.inbox.id, "down", NOON)
        pace.deferred(session, tenant, crowd.inbox.id, "google", NOON)
        session.execute(
            text("UPDATE tenants SET sending_stopped_at = :now WHERE id = :id"), {"now": NOON, "id": tenant}
        )
    found = asked(crowd)
    assert [one.code for one in found.holds] == ["sending_stopped", "sender_paused", "waiting_breaker"]
    assert found.holds[2].until == NOON + timedelta(minutes=5)
    [slowed] = found.slowed
    assert slowed.recipient_provider == "google"
    assert slowed.until is not None


def test_an_inbox_of_another_tenant_does_not_exist(tenant: UUID, other_tenant: UUID) -> None:
    theirs = a_crowd(other_tenant)
    with db.transaction(tenant) as session, pytest.raises(NotFoundError):
        inbox.explain(session, tenant, theirs.inbox.id, NOON)
