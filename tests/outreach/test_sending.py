"""Sending what is due: once, in time, and never after a stop."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.compliance import stops
from rex_celery.compliance.suppression import Person, Stop, suppress
from rex_celery.errors import ProviderUnavailableError
from rex_celery.integrations.base import Delivery
from rex_celery.outreach import unknowns
from rex_celery.outreach.facts import store
from rex_celery.tenancy import sending as emergency
from tests.outreach.enrolled import NOON, Clock, Recorder, a_crowd


def test_what_is_due_is_sent_once_and_the_next_is_scheduled(tenant: UUID) -> None:
    crowd, at = a_crowd(tenant, 3), Clock()
    assert crowd.send(at) == 3
    assert crowd.send(at) == 0
    assert crowd.states() == ["accepted"] * 3
    assert {row.run_after for row in crowd.rows("second")} == {NOON + timedelta(days=3)}


def test_the_outbox_holds_each_message_once(tenant: UUID) -> None:
    crowd = a_crowd(tenant, 5)
    crowd.send(Clock())
    with db.transaction(tenant) as session:
        assert session.execute(text("SELECT count(*), count(DISTINCT message_id) FROM outbox")).one() == (5, 5)


def test_a_sequence_is_over_after_its_last_message(tenant: UUID) -> None:
    crowd, at = a_crowd(tenant), Clock()
    crowd.send(at)
    at.on(days=3)
    assert crowd.send(at) == 1
    with db.transaction(tenant) as session:
        enrolment = session.execute(text("SELECT state, planned, sent, pending FROM enrolments")).one()
        outcome = session.execute(text("SELECT state FROM outcomes")).scalar_one()
    assert enrolment == ("completed", 2, 2, 0)
    assert outcome == "sent"


def test_a_follow_up_stays_in_the_thread_of_the_first(tenant: UUID) -> None:
    crowd, at, provider = a_crowd(tenant, provider="smtp"), Clock(), Recorder()
    crowd.send(at, provider)
    at.on(days=3)
    crowd.send(at, provider)
    first, second = (one.content for one in provider.sent)
    assert second.subject == first.subject
    assert second.in_reply_to == first.message_id
    assert second.references == (first.message_id,)
    assert second.sender == first.sender


def test_a_follow_up_whose_first_never_left_begins_the_thread_with_its_subject(tenant: UUID) -> None:
    crowd, provider = a_crowd(tenant, provider="smtp"), Recorder()
    with db.transaction(tenant) as session:
        skip = "UPDATE messages SET state = 'skipped', reason = 'invalid_email', run_after = NULL WHERE position = 0"
        session.execute(text(skip))
        session.execute(text("UPDATE messages SET run_after = :now WHERE position = 1"), {"now": NOON})
    crowd.send(Clock(), provider)
    letter = provider.sent[0].content
    assert letter.subject == "Shall we pick this up again?"
    assert (letter.in_reply_to, letter.references) == ("", ())


@pytest.mark.parametrize("reason", ["suppressed_reply", "suppressed_bounce", "meeting_booked"])
def test_nothing_is_sent_after_a_stop_was_stored(tenant: UUID, reason: str) -> None:
    crowd, provider = a_crowd(tenant, 2, provider="smtp"), Recorder()
    with db.transaction(tenant) as session:
        assert stops.stop_people(session, tenant, [crowd.leads[0].id], reason, NOON) == 1
    assert crowd.send(Clock(), provider) == 1
    assert sorted(crowd.states()) == ["accepted", "suppressed"]


def test_a_stop_between_claim_and_call_takes_the_message_back(tenant: UUID) -> None:
    crowd, provider = a_crowd(tenant, 2, provider="smtp"), Recorder()
    asked = provider.send

    def stopped_meanwhile(messages: object, submit: object) -> object:
        with db.transaction(tenant) as session:
            suppress(session, tenant, Person(crowd.leads[1].id), Stop("suppressed_opt_out", "test"))
        return asked(messages, submit)  # type: ignore[arg-type]

    provider.send = stopped_meanwhile  # type: ignore[method-assign,assignment]
    assert crowd.send(Clock(), provider) == 1
    assert sorted(crowd.states()) == ["accepted", "suppressed"]


def test_the_emergency_stop_holds_what_is_claimed(tenant: UUID) -> None:
    crowd, provider, at = a_crowd(tenant, provider="smtp"), Recorder(), Clock()
    asked = provider.send

    def stopped_meanwhile(messages: object, submit: object) -> object:
        with db.transaction(tenant) as session:
            emergency.stop(session, tenant, actor="test")
        return asked(messages, submit)  # type: ignore[arg-type]

    provider.send = stopped_meanwhile  # type: ignore[method-assign,assignment]
    assert crowd.send(at, provider) == 0
    assert crowd.states() == ["planned"]
    with db.transaction(tenant) as session:
        emergency.release(session, tenant, actor="test")
    assert crowd.send(at, Recorder()) == 1


def test_an_unknown_result_is_never_sent_again_and_settles_as_sent(tenant: UUID) -> None:
    crowd, provider, at = a_crowd(tenant, provider="smtp"), Recorder(answer=Delivery.UNKNOWN), Clock()
    assert crowd.send(at, provider) == 1
    assert crowd.states() == ["unknown"]
    at.on(hours=2)
    assert crowd.send(at, provider) == 0
    with db.transaction(tenant) as session:
        assert unknowns.settle(session, tenant, at()) == 1
    assert crowd.states() == ["accepted"]
    assert len(provider.sent) == 1


def test_a_provider_that_cannot_be_reached_gets_the_message_again(tenant: UUID) -> None:
    crowd, at = a_crowd(tenant, provider="smtp"), Clock()
    down = Recorder(trouble=ProviderUnavailableError("down"))
    down.send = lambda messages, submit: (_ for _ in ()).throw(down.trouble)  # type: ignore[method-assign,assignment]
    assert crowd.send(at, down) == 0
    assert crowd.states() == ["planned"]
    assert crowd.send(at, Recorder()) == 1


def test_room_that_a_provider_gives_back_is_used_the_same_day(tenant: UUID) -> None:
    crowd, at = a_crowd(tenant, 5, provider="smtp"), Clock()
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE inboxes SET per_day = 3, gap_seconds = 0, jitter_seconds = 0"))
    crowd.send(at, Recorder(answer=Delivery.DEFERRED))
    assert crowd.send(at, Recorder()) == 2, "the two that the cap had held before"
    at.on(minutes=10)
    assert crowd.send(at, Recorder()) == 1
    assert sorted(crowd.states()) == ["accepted"] * 3 + ["planned"] * 2


def test_a_call_that_broke_off_after_the_last_look_may_have_been_heard(tenant: UUID) -> None:
    crowd, at = a_crowd(tenant, provider="smtp"), Clock()
    crowd.send(at, Recorder(trouble=ProviderUnavailableError("reset")))
    assert crowd.states() == ["unknown"]


def test_a_sender_that_died_before_the_last_look_left_nothing_behind(tenant: UUID) -> None:
    crowd, at = a_crowd(tenant, provider="smtp"), Clock()

    class Killed(BaseException):
        """As a worker that is killed: nothing of ours runs afterwards."""

    with pytest.raises(Killed):
        crowd.send(at, Recorder(trouble=None, send=None) if False else _dying(Killed))
    assert crowd.states() == ["claimed"]
    at.on(minutes=10)
    with db.transaction(tenant) as session:
        unknowns.settle(session, tenant, at())
    assert crowd.states() == ["planned"]
    assert crowd.send(at, Recorder()) == 1


def _dying(error: type[BaseException]) -> Recorder:
    provider = Recorder()

    def die(*_: object) -> object:
        raise error

    provider.send = die  # type: ignore[method-assign,assignment]
    return provider


def test_fifty_copies_of_one_task_are_one_call(tenant: UUID) -> None:
    """P1: the broker may hand a task out again and again."""
    crowd, provider, at = a_crowd(tenant, provider="smtp"), Recorder(), Clock()
    barrier = Barrier(50)
    threads = [Thread(target=lambda: (barrier.wait(), crowd.send(at, provider))) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(provider.sent) == 1
    assert crowd.states() == ["accepted"]


def test_word_of_the_delivery_may_come_before_the_answer(tenant: UUID) -> None:
    from rex_celery.integrations.base import ProviderEvent

    crowd, provider, at = a_crowd(tenant, provider="smtp"), Recorder(), Clock()
    asked = provider.send

    def told_first(messages: object, submit: object) -> object:
        receipts = asked(messages, submit)  # type: ignore[arg-type]
        event = ProviderEvent("sendgrid", "e1", "delivered", "webhook", at(), message_id=provider.sent[0].id)
        with db.transaction(tenant) as session:
            assert store(session, tenant, [event], at()).new == 1
        return receipts

    provider.send = told_first  # type: ignore[method-assign,assignment]
    assert crowd.send(at, provider) == 1
    assert crowd.states() == ["delivered"]
