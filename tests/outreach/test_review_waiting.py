"""What waits, waits no longer than it must: answers for no cap, follow-ups not for ever, inboxes not for old caps."""

from uuid import UUID

from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.integrations.base import ProviderEvent
from rex_celery.models import Lead, Mission
from rex_celery.outreach import breaker, policies, rounds
from rex_celery.outreach.facts import store
from tests.factories import a_message
from tests.missions.conftest import HandCarrier
from tests.outreach.enrolled import NOON, Clock, Crowd, Recorder, a_crowd, set_policy

FULL = '{"caps": {"inbox_per_hour": null, "inbox_per_day": 1}}'


def _answer(crowd: Crowd) -> None:
    """A person wrote to the first of the crowd."""
    with db.transaction(crowd.tenant) as session:
        mission, lead = session.get_one(Mission, crowd.mission.id), session.get_one(Lead, crowd.leads[0].id)
        due = {"run_after": NOON, "approved_at": NOON, "inbox_id": crowd.inbox.id, "recipient_provider": "other"}
        a_message(session, mission, lead, step_key="answer:1", **due)


def _resting(tenant: UUID) -> object:
    with db.transaction(tenant) as session:
        return session.execute(text("SELECT next_free_at FROM inboxes")).scalar_one()


def test_an_answer_of_a_person_waits_for_no_cap(tenant: UUID, carrier: HandCarrier) -> None:
    crowd, at, provider = a_crowd(tenant, 3, provider="sendgrid"), Clock(), Recorder()
    with db.transaction(tenant) as session:
        set_policy(session, tenant, FULL)
    assert crowd.send(at, provider) == 1
    rests = _resting(tenant)
    assert rests is not None
    _answer(crowd)
    with clock.replaced(at):
        assert rounds.send_due() == 1
    assert crowd.send(at, provider) == 1
    assert crowd.states("answer:1") == ["accepted"]
    assert _resting(tenant) == rests
    with db.transaction(tenant) as session:
        used = session.execute(text("SELECT committed, reserved FROM cap_usage WHERE scope = 'inbox_day'")).one()
    assert used == (2, 0)


def test_an_answer_waits_for_the_breaker_without_a_task_each_second(tenant: UUID, carrier: HandCarrier) -> None:
    crowd, at = a_crowd(tenant, provider="smtp"), Clock()
    with db.transaction(tenant) as session:
        session.execute(text("DELETE FROM messages WHERE position = 0"))
        for _ in range(breaker.FAILURES):
            breaker.failed(session, tenant, crowd.inbox.id, "down", NOON)
    _answer(crowd)
    assert crowd.send(at, Recorder()) == 0
    with clock.replaced(at):
        assert rounds.send_due() == 0
    at.on(minutes=6)
    assert crowd.send(at, Recorder()) == 1


def test_a_follow_up_does_not_wait_for_ever_behind_a_message_of_which_nothing_more_was_heard(tenant: UUID) -> None:
    crowd, at = a_crowd(tenant, provider="smtp"), Clock()
    crowd.send(at, Recorder())
    told = ProviderEvent("dsn", "1", "deferred", "dsn", at(), crowd.rows()[0].id)  # type: ignore[attr-defined]
    with db.transaction(tenant) as session:
        store(session, tenant, [told], at())
    at.on(days=2, hours=23)
    assert crowd.send(at, Recorder()) == 0
    for _ in range(8):
        at.on(hours=12)
        crowd.send(at, Recorder())
    assert crowd.states("second") == ["accepted"]


def test_raising_a_cap_wakes_the_inboxes_that_rest_for_it(tenant: UUID) -> None:
    crowd, at, provider = a_crowd(tenant, 3, provider="sendgrid"), Clock(), Recorder()
    with db.transaction(tenant) as session:
        set_policy(session, tenant, FULL)
    assert crowd.send(at, provider) == 1
    assert crowd.send(at, provider) == 0
    with db.transaction(tenant) as session:
        policies.change(session, tenant, {"caps": {"inbox_per_day": 100}}, "test")
    assert crowd.send(at.on(minutes=1) and at, provider) == 2
