"""An answer takes the lock of the sequence first, so it and a send stand in one order; the same mail has one effect."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.outreach import leaving, replies
from tests.outreach.coming_in import a_mail, column, ours, receive
from tests.outreach.enrolled import NOON, Clock, Crowd, Recorder, a_crowd

HELD = "SELECT count(*) FROM pg_locks WHERE NOT granted"


@pytest.fixture
def crowd(tenant: UUID) -> Crowd:
    return a_crowd(tenant, email="grace@navy.example.com", provider="smtp")


def test_an_answer_waits_for_a_last_look_that_is_under_way_and_the_message_counts_as_sent(crowd: Crowd) -> None:
    looked, go_on = Event(), Event()

    class Slow(Recorder):
        """Holds the message in its hands while the answer comes."""

        def send(self, messages, submit):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            def slowly(ids: object) -> object:
                allowed = submit(ids)
                looked.set()
                go_on.wait(10)
                return allowed

            return super().send(messages, slowly)

    with ThreadPoolExecutor(2) as pool:
        sending = pool.submit(crowd.send, Clock(), Slow())
        assert looked.wait(10)
        receive(crowd.tenant, a_mail(in_reply_to=ours(crowd)))
        go_on.set()
        sending.result(10)
    # It had left before the answer was stored; what was to follow never leaves.
    assert crowd.states() == ["replied"]
    assert crowd.states("second") == ["suppressed"]


def test_an_answer_between_the_claim_and_the_last_look_keeps_the_message_here(crowd: Crowd) -> None:
    mail = a_mail(in_reply_to=ours(crowd))

    class Late(Recorder):
        """Lets the answer come at the last moment."""

        def send(self, messages, submit):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            receive(crowd.tenant, mail)
            return super().send(messages, submit)

    late = Late()
    crowd.send(Clock(), late)
    assert late.sent == []
    assert crowd.states() == ["suppressed"]


def test_the_last_look_is_held_up_by_the_lock_of_an_answer(crowd: Crowd, owner_connection: object) -> None:
    with db.transaction(crowd.tenant) as session:
        enrolment = session.execute(text("SELECT id FROM enrolments")).scalar_one()

    def look() -> None:
        with db.transaction(crowd.tenant) as session:
            session.execute(leaving._LOCK, {"enrolments": [enrolment]})

    with ThreadPoolExecutor(1) as pool:
        with db.transaction(crowd.tenant) as session:
            replies.receive_email(session, crowd.tenant, a_mail(in_reply_to=ours(crowd)), NOON)
            waiting = pool.submit(look)
            _until(lambda: owner_connection.execute(HELD).fetchone()[0] > 0)  # type: ignore[attr-defined]
            assert not waiting.done()
        waiting.result(10)


def test_fifty_copies_of_one_mail_have_one_effect(crowd: Crowd) -> None:
    crowd.send(Clock(), Recorder())
    mail, together = a_mail(in_reply_to=ours(crowd)), Barrier(5)

    def deliver(_: int) -> bool:
        together.wait(10)
        return receive(crowd.tenant, mail).new

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(deliver, range(50))) == 1
    assert column(crowd.tenant, "SELECT count(*) FROM replies") == [1]
    assert column(crowd.tenant, "SELECT count(*) FROM threads") == [1]
    assert column(crowd.tenant, "SELECT count(*) FROM events WHERE type = 'reply.received'") == [1]


def test_answers_of_colleagues_at_the_same_moment_both_count(tenant: UUID) -> None:
    crowd = a_crowd(tenant, people=1, email="grace@navy.example.com")
    other = a_crowd(tenant, people=1, email="bob@navy.example.com")
    for one in (crowd, other):
        one.send(Clock())
    for _ in range(5):
        mails = [a_mail(in_reply_to=ours(one), sender=one.leads[0].email) for one in (crowd, other)]
        with ThreadPoolExecutor(2) as pool:
            kinds = [found.kind for found in pool.map(lambda mail: receive(tenant, mail), mails)]
        assert kinds == ["reply", "reply"]
    assert column(tenant, "SELECT count(*) FROM threads") == [2]


def _until(holds: Callable[[], bool]) -> None:
    while not holds():
        pass
