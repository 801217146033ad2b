"""Every answer is taken in, whatever was proposed or sent in its conversation before."""

from datetime import timedelta
from uuid import UUID

import pytest

from rex_celery import db
from rex_celery.outreach import answering
from rex_celery.outreach.answering import Letter
from rex_celery.outreach.labels import Label
from rex_celery.outreach.todo_views import TodoState
from rex_celery.outreach.todos import Closing
from tests.outreach.coming_in import a_mail, column, ours, receive
from tests.outreach.enrolled import NOON, Clock, Crowd, Recorder, a_crowd

DONE = Closing(TodoState.DONE, "test", NOON)


@pytest.fixture
def crowd(tenant: UUID) -> Crowd:
    crowd = a_crowd(tenant, email="grace@navy.example.com", provider="smtp")
    crowd.send(Clock(), Recorder())
    return crowd


def _thread(crowd: Crowd) -> UUID:
    return UUID(str(column(crowd.tenant, "SELECT DISTINCT thread_id FROM replies")[0]))


def test_mails_that_come_late_after_an_answer_are_all_taken_in(crowd: Crowd) -> None:
    receive(crowd.tenant, a_mail(in_reply_to=ours(crowd)))
    with db.transaction(crowd.tenant) as session:
        answering.send(session, crowd.tenant, _thread(crowd), Letter("Gladly."), DONE)
    for minutes in (3, 2, 1):
        receive(crowd.tenant, a_mail(in_reply_to=ours(crowd), at=NOON - timedelta(minutes=minutes)))
    assert column(crowd.tenant, "SELECT count(*) FROM replies WHERE kind = 'reply'") == [4]
    drafts = "SELECT count(*) FROM messages WHERE wait_reason = 'waiting_approval'"
    assert column(crowd.tenant, drafts) == [1]


def test_a_second_answer_to_the_same_mail_can_be_proposed_again_and_sent(crowd: Crowd) -> None:
    receive(crowd.tenant, a_mail(in_reply_to=ours(crowd)))
    thread = _thread(crowd)
    with db.transaction(crowd.tenant) as session:
        answering.send(session, crowd.tenant, thread, Letter("Gladly."), DONE)
    receive(crowd.tenant, a_mail(in_reply_to=ours(crowd), at=NOON - timedelta(minutes=1)))
    with db.transaction(crowd.tenant) as session:
        answering.label(session, crowd.tenant, thread, Label.MEETING, DONE)
    with db.transaction(crowd.tenant) as session:
        answering.send(session, crowd.tenant, thread, Letter("And one more thing."), DONE)
    sent = "SELECT body FROM messages WHERE step_key LIKE 'answer:%' AND approved_at IS NOT NULL ORDER BY created_at"
    assert column(crowd.tenant, sent) == ["Gladly.", "And one more thing."]
