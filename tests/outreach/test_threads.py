"""Conversations stay together, whichever mail program somebody answers with, and answers carry the whole chain."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.integrations import mail
from rex_celery.integrations.base import InboundEmail
from rex_celery.outreach import answering, chains
from rex_celery.outreach.answering import Letter
from rex_celery.outreach.todo_views import TodoState
from rex_celery.outreach.todos import Closing
from tests.factories import a_mission
from tests.outreach.coming_in import OURS, a_mail, column, ours, receive
from tests.outreach.enrolled import NOON, Clock, Crowd, Recorder, a_crowd

FROM = f"From: Grace Hopper <grace@navy.example.com>\nTo: {OURS}\n"
# What programs write when somebody answers; {0} is our message. Each leaves out something else.
PROGRAMS = {
    "gmail": (
        FROM + "Message-ID: <CAF1=abc@mail.gmail.example>\nSubject: Re: Shall we pick this up again?\n"
        'In-Reply-To: {0}\nReferences: {0}\nContent-Type: text/plain; charset="UTF-8"\n\n'
        "Sure, tell me more.\n\nOn Tue, Jun 2, 2026 at 12:00 PM Ada <ada@acme.example.com> wrote:\n\n> Hello Grace,\n"
    ),
    "outlook": (
        FROM + "Message-ID: <BN8PR01MB1234.namprd01@outlook.example>\nSubject: RE: Shall we pick this up again?\n"
        "Thread-Topic: Shall we pick this up again?\nThread-Index: AQHa1\nReferences: {0}\nIn-Reply-To: {0}\n\n"
        "Sure, tell me more.\n\n________________________________\nFrom: Ada <ada@acme.example.com>\nSent: Tuesday\n"
    ),
    "outlook on a phone": (
        FROM + "Message-ID: <BN8PR01MB9999.namprd01@outlook.example>\nSubject: Re: Shall we pick this up again?\n"
        "References: <before@outlook.example>\n {0}\n\nSure, tell me more.\n\nGet Outlook for iOS\n"
    ),
    "apple": (
        FROM + "Message-Id: <1B2C-3D@apple.example>\nSubject: Re: Shall we pick this up again?\n"
        "In-Reply-To: {0}\nReferences: {0}\nMime-Version: 1.0 (1.0)\n\n"
        "Sure, tell me more.\n\nSent from my iPhone\n\n> On Jun 2, 2026, at 12:00, Ada wrote:\n> Hello Grace,\n"
    ),
    "without any header of a thread": (
        FROM + "Message-ID: <x@web.example>\nSubject: your message\n\nSure, tell me more.\n"
    ),
}


@pytest.fixture
def crowd(tenant: UUID) -> Crowd:
    crowd = a_crowd(tenant, email="grace@navy.example.com", provider="smtp")
    crowd.send(Clock(), Recorder())
    return crowd


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_answer_of_any_program_is_in_the_thread(crowd: Crowd, program: str) -> None:
    """P22."""
    raw = PROGRAMS[program].format(ours(crowd)).replace("\n", "\r\n").encode()
    came = mail.read(raw, NOON)
    assert isinstance(came, InboundEmail)
    received = receive(crowd.tenant, came)
    assert (received.kind, received.lead_id, received.label) == ("reply", crowd.leads[0].id, "interested")
    assert column(crowd.tenant, "SELECT subject FROM threads") == ["Shall we pick this up again?"]
    assert column(crowd.tenant, "SELECT thread_id FROM messages WHERE position = 0") == [received.thread_id]
    assert "Hello Grace" not in str(column(crowd.tenant, "SELECT body FROM replies"))


def test_our_answer_carries_the_whole_chain_and_keeps_subject_and_sender(crowd: Crowd) -> None:
    came = a_mail("Tell me more.", in_reply_to=ours(crowd), references=("<older@a.example>", ours(crowd)))
    thread = receive(crowd.tenant, came).thread_id
    assert thread
    with db.transaction(crowd.tenant) as session:
        answering.send(session, crowd.tenant, thread, Letter("Gladly."), Closing(TodoState.DONE, "test", NOON))
    provider = Recorder()
    assert crowd.send(Clock(), provider) == 1
    letter = provider.sent[0].content
    assert letter.references == ("<older@a.example>", ours(crowd), came.message_id)
    assert (letter.in_reply_to, letter.subject) == (came.message_id, "Re: Shall we pick this up again?")
    assert letter.sender.address == crowd.inbox.address
    # And what comes back to that answer is in the same thread.
    (answer,) = column(crowd.tenant, "SELECT id FROM messages WHERE step_key LIKE 'answer:%'")
    again = a_mail("Thanks.", in_reply_to=f"<{answer}@acme.example.com>", sender="boss@navy.example.com")
    assert receive(crowd.tenant, again).thread_id == thread


def test_a_long_chain_keeps_its_beginning_and_its_end(crowd: Crowd) -> None:
    links = tuple(f"<{number}@a.example>" for number in range(100))
    came = a_mail(in_reply_to=ours(crowd), references=links)
    receive(crowd.tenant, came)
    with db.transaction(crowd.tenant) as session:
        chain = chains.of(session, [came.message_id])[came.message_id]
        assert chains.of(session, ["<unknown@a.example>"]) == {}
    assert (chain[0], chain[-2:], len(chain)) == ("<0@a.example>", ("<99@a.example>", came.message_id), 20)


def test_each_sequence_with_a_person_has_a_thread_of_its_own(crowd: Crowd) -> None:
    first = receive(crowd.tenant, a_mail(in_reply_to=ours(crowd))).thread_id
    with db.transaction(crowd.tenant) as session:
        other = a_mission(session, crowd.tenant)
        query = (
            "UPDATE messages SET mission_id = :m, enrolment_id = NULL, thread_id = NULL WHERE position = 1 RETURNING id"
        )
        message = session.execute(text(query), {"m": other.id}).scalar_one()
    second = receive(crowd.tenant, a_mail(in_reply_to=f"<{message}@acme.example.com>")).thread_id
    assert first != second


def test_an_older_answer_that_comes_late_does_not_turn_the_clock_back(crowd: Crowd) -> None:
    receive(crowd.tenant, a_mail(in_reply_to=ours(crowd), at=NOON))
    receive(crowd.tenant, a_mail(in_reply_to=ours(crowd), at=NOON - timedelta(hours=1)))
    assert column(crowd.tenant, "SELECT last_at FROM threads") == [NOON]
