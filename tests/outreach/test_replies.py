"""An answer ends everything that sends itself to a person; mail of machines and our own ends nothing."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.models import Inbox
from rex_celery.outreach.arrivals import ArrivalKind
from rex_celery.outreach.labels import Label
from tests.factories import a_lead, a_message, a_mission, a_sequence, an_inbox
from tests.outreach.coming_in import OURS, a_mail, column, ours, receive
from tests.outreach.enrolled import NOON, Clock, Crowd, a_crowd, enrol, set_policy

STATES = "SELECT state || coalesce(' ' || reason, '') FROM messages ORDER BY step_key, lead_id"


@pytest.fixture
def crowd(tenant: UUID) -> Crowd:
    """One person who got the first of two e-mails."""
    crowd = a_crowd(tenant, email="grace@navy.example.com")
    crowd.send(Clock())
    return crowd


def enrolments(crowd: Crowd) -> list[object]:
    return column(crowd.tenant, "SELECT state || coalesce(' ' || reason, '') FROM enrolments ORDER BY lead_id")


def test_an_answer_ends_the_sequence_and_takes_back_what_was_not_sent(crowd: Crowd) -> None:
    received = receive(crowd.tenant, a_mail(in_reply_to=ours(crowd)))
    assert (received.kind, received.lead_id, received.label) == (ArrivalKind.REPLY, crowd.leads[0].id, "interested")
    assert enrolments(crowd) == ["stopped suppressed_reply"]
    assert column(crowd.tenant, "SELECT state FROM messages WHERE position IS NOT NULL ORDER BY position") == [
        "replied",
        "suppressed",
    ]
    assert crowd.send(Clock(NOON + timedelta(days=30))) == 0


def test_an_answer_ends_what_every_mission_had_for_the_person(crowd: Crowd) -> None:
    with db.transaction(crowd.tenant) as session:
        other = a_mission(session, crowd.tenant)
        a_message(session, other, crowd.leads[0], channel="sms", recipient="+12025550143", step_key="text")
    receive(crowd.tenant, a_mail(in_reply_to=ours(crowd)))
    assert column(crowd.tenant, "SELECT state FROM messages WHERE channel = 'sms'") == ["suppressed"]


def test_the_same_mail_twice_is_one_answer(crowd: Crowd) -> None:
    mail = a_mail(in_reply_to=ours(crowd))
    first, second = receive(crowd.tenant, mail), receive(crowd.tenant, mail)
    assert (first.new, second.new) == (True, False)
    assert (first.kind, first.thread_id, first.label) == (second.kind, second.thread_id, second.label)
    assert column(crowd.tenant, "SELECT count(*) FROM replies") == [1]
    assert column(crowd.tenant, "SELECT type FROM events WHERE type = 'reply.received'") == ["reply.received"]


def test_somebody_is_asked_to_answer_and_everybody_is_told(crowd: Crowd) -> None:
    received = receive(crowd.tenant, a_mail("Can we jump on a call on Tuesday?", in_reply_to=ours(crowd)))
    with db.transaction(crowd.tenant) as session:
        todo = session.execute(text("SELECT * FROM todos")).one()
        told = session.execute(text("SELECT payload FROM events WHERE type = 'reply.received'")).scalar_one()
    assert (todo.kind, todo.state, todo.thread_id) == ("answer", "open", received.thread_id)
    assert todo.title == f"Answer Grace {crowd.leads[0].last_name} at Navy Systems"
    assert todo.body == "Can we jump on a call on Tuesday?"
    assert todo.details["label"] == told["label"] == Label.MEETING
    assert told["thread_id"] == str(received.thread_id)


def test_a_second_answer_joins_the_first(crowd: Crowd) -> None:
    first = receive(crowd.tenant, a_mail(in_reply_to=ours(crowd)))
    again = a_mail("It is too expensive.", in_reply_to="<answer-of-mine@mail.example.net>", references=(ours(crowd),))
    assert receive(crowd.tenant, again).thread_id == first.thread_id
    assert column(crowd.tenant, "SELECT details->>'label' FROM todos") == ["objection_price"]
    assert column(crowd.tenant, "SELECT label FROM threads") == ["objection_price"]


def test_words_that_ask_for_no_more_contact_suppress_the_person_before_anything_else(crowd: Crowd) -> None:
    mail = a_mail("Sounds great, but please remove me from your list.", in_reply_to=ours(crowd))
    assert receive(crowd.tenant, mail).label == Label.OPT_OUT
    with db.transaction(crowd.tenant) as session:
        row = session.execute(text("SELECT * FROM suppressions WHERE lead_id IS NOT NULL")).one()
    assert (row.lead_id, row.reason, row.source, row.scope) == (
        crowd.leads[0].id,
        "suppressed_opt_out",
        "reply",
        "all",
    )
    assert row.evidence["words"] == "remove me from"
    assert "Sounds great" not in str(row.evidence)
    assert column(crowd.tenant, "SELECT count(*) FROM todos WHERE state = 'open'") == [0]
    assert column(crowd.tenant, "SELECT state FROM threads") == ["closed"]


def test_an_opt_out_takes_back_the_proposed_answer_too(crowd: Crowd) -> None:
    receive(crowd.tenant, a_mail("Sounds good, tell me more.", in_reply_to=ours(crowd)))
    assert column(crowd.tenant, "SELECT state FROM messages WHERE step_key LIKE 'answer:%'") == ["planned"]
    receive(crowd.tenant, a_mail("On second thought: unsubscribe", in_reply_to=ours(crowd)))
    assert column(crowd.tenant, "SELECT state FROM messages WHERE step_key LIKE 'answer:%'") == ["suppressed"]
    assert column(crowd.tenant, "SELECT count(*) FROM todos WHERE state = 'open'") == [0]


def test_a_mail_with_nothing_but_unsubscribe_in_its_subject_is_an_opt_out(crowd: Crowd) -> None:
    mail = a_mail("Sent from my phone", subject="Unsubscribe", in_reply_to=ours(crowd))
    assert receive(crowd.tenant, mail).label == Label.OPT_OUT


def test_whoever_opts_out_in_the_name_of_another_is_left_alone_as_well(crowd: Crowd) -> None:
    mail = a_mail("Remove us from your list.", in_reply_to=ours(crowd), sender="boss@navy.example.com")
    receive(crowd.tenant, mail)
    known = column(crowd.tenant, "SELECT email FROM suppressions ORDER BY email")
    assert known == ["boss@navy.example.com", "grace@navy.example.com"]


@pytest.mark.parametrize(
    "fields",
    [
        {"sender": OURS},
        {"sender": "ada+tag@acme.example.com"},
        {"sender": "sales@acme.example.com"},
        {"message_id": "ours"},
    ],
)
def test_our_own_mail_is_kept_and_never_an_answer(crowd: Crowd, fields: dict[str, str]) -> None:
    with db.transaction(crowd.tenant) as session:
        an_inbox(session, crowd.tenant, address=OURS, aliases=["sales@acme.example.com"])
    if fields.get("message_id"):
        fields = {"message_id": ours(crowd)}
    assert receive(crowd.tenant, a_mail(in_reply_to=ours(crowd), **fields)).kind is ArrivalKind.OWN
    assert enrolments(crowd) == ["active"]
    assert column(crowd.tenant, "SELECT count(*) FROM todos") == [0]


def test_two_auto_responders_never_hold_a_conversation(crowd: Crowd) -> None:
    """P21: whatever comes back and forth, nothing of ours is proposed or sent."""
    for _ in range(8):
        mail = a_mail("Thank you for contacting us.", automatic="auto_reply", in_reply_to=ours(crowd))
        assert receive(crowd.tenant, mail).kind is ArrivalKind.AUTOMATIC
    assert enrolments(crowd) == ["active"]
    assert column(crowd.tenant, "SELECT count(*) FROM messages WHERE step_key LIKE 'answer:%'") == [0]
    assert column(crowd.tenant, "SELECT count(*) FROM todos") == [0]


def test_a_machine_that_speaks_of_unsubscribing_opts_nobody_out_but_a_bare_word_does(crowd: Crowd) -> None:
    footer = "Thank you for your message, we will look at it soon. If you no longer want our newsletter, unsubscribe."
    receive(crowd.tenant, a_mail(footer, automatic="auto_reply", in_reply_to=ours(crowd)))
    assert enrolments(crowd) == ["active"]
    receive(crowd.tenant, a_mail("Please unsubscribe me", automatic="bulk", in_reply_to=ours(crowd)))
    assert enrolments(crowd) == ["stopped suppressed_opt_out"]


def test_somebody_who_has_left_gets_no_more_and_somebody_looks(crowd: Crowd) -> None:
    words = "Grace is no longer with the company. Please contact the front desk."
    assert receive(crowd.tenant, a_mail(words, automatic="auto_reply", in_reply_to=ours(crowd))).kind == "automatic"
    assert enrolments(crowd) == ["stopped bounced_address"]
    assert column(crowd.tenant, "SELECT kind FROM todos") == ["look"]


def test_a_stranger_is_kept_and_found_out_about_and_stops_nobody(crowd: Crowd) -> None:
    assert receive(crowd.tenant, a_mail("Hello there.", sender="who@elsewhere.example.net", subject="Hi")).kind == (
        ArrivalKind.UNMATCHED
    )
    assert enrolments(crowd) == ["active"]
    assert column(crowd.tenant, "SELECT kind FROM todos") == ["unmatched"]
    assert column(crowd.tenant, "SELECT body FROM replies") == ["Hello there."]


def test_a_guess_is_a_hint_and_stops_nobody(crowd: Crowd) -> None:
    mail = a_mail("Who are you?", sender="boss@navy.example.com", subject="AW: Re: Shall we pick this up again?")
    assert receive(crowd.tenant, mail).kind is ArrivalKind.UNMATCHED
    assert enrolments(crowd) == ["active"]
    hints = column(crowd.tenant, "SELECT details->>'perhaps_lead_id' FROM todos")
    assert hints == [str(crowd.leads[0].id)]


def test_a_stranger_who_asks_for_it_is_never_written_to(crowd: Crowd) -> None:
    mail = a_mail("Take me off your list!", sender="private@elsewhere.example.net", subject="")
    assert receive(crowd.tenant, mail).kind is ArrivalKind.UNMATCHED
    assert column(crowd.tenant, "SELECT email FROM suppressions") == ["private@elsewhere.example.net"]
    assert column(crowd.tenant, "SELECT kind FROM todos") == ["unmatched"]


def test_a_newsletter_from_nobody_we_know_is_kept_without_a_word(crowd: Crowd) -> None:
    mail = a_mail("Our spring offers.", sender="news@shop.example.net", automatic="bulk", subject="Offers")
    assert receive(crowd.tenant, mail).kind is ArrivalKind.AUTOMATIC
    assert column(crowd.tenant, "SELECT count(*) FROM todos") == [0]


def a_company(tenant: UUID, *emails: str) -> Crowd:
    """People of these addresses on their way through one sequence."""
    crowd = a_crowd(tenant, email=emails[0])
    with db.transaction(tenant) as session:
        sequence = a_sequence(session, tenant)
        inbox, mission = session.get_one(Inbox, crowd.inbox.id), crowd.mission
        for email in emails[1:]:
            lead = a_lead(session, tenant, phone=None, email=email)
            enrol(session, mission, lead, inbox, sequence, NOON)
            crowd.leads.append(lead)
        session.flush()
        session.expunge_all()
    crowd.send(Clock())
    return crowd


def reasons(crowd: Crowd) -> dict[str, str | None]:
    query = text("SELECT l.email, e.reason FROM enrolments AS e JOIN leads AS l ON l.id = e.lead_id")
    with db.transaction(crowd.tenant) as session:
        return {row.email: row.reason for row in session.execute(query)}


def test_an_answer_stops_the_colleagues_too(tenant: UUID) -> None:
    crowd = a_company(tenant, "grace@navy.example.com", "bob@navy.example.com", "eve@army.example.com")
    receive(tenant, a_mail(in_reply_to=ours(crowd)))
    assert reasons(crowd) == {
        "grace@navy.example.com": "suppressed_reply",
        "bob@navy.example.com": "company_replied",
        "eve@army.example.com": None,
    }


def test_nobody_is_a_colleague_at_a_free_mail_provider(tenant: UUID) -> None:
    crowd = a_company(tenant, "grace@gmail.com", "bob@gmail.com")
    receive(tenant, a_mail(in_reply_to=ours(crowd), sender="grace@gmail.com"))
    assert reasons(crowd) == {"grace@gmail.com": "suppressed_reply", "bob@gmail.com": None}


def test_the_policy_may_let_colleagues_be(tenant: UUID) -> None:
    crowd = a_company(tenant, "grace@navy.example.com", "bob@navy.example.com")
    with db.transaction(tenant) as session:
        set_policy(session, tenant, '{"company_stop": false}')
    receive(tenant, a_mail(in_reply_to=ours(crowd)))
    assert reasons(crowd)["bob@navy.example.com"] is None


def test_a_colleague_who_answers_for_another_has_answered_too(tenant: UUID) -> None:
    crowd = a_company(tenant, "grace@navy.example.com", "bob@navy.example.com")
    received = receive(tenant, a_mail(in_reply_to=ours(crowd), sender="bob@navy.example.com"))
    assert received.lead_id == crowd.leads[0].id
    assert set(reasons(crowd).values()) == {"suppressed_reply"}


def test_nothing_of_another_tenant_is_matched(crowd: Crowd, other_tenant: UUID) -> None:
    assert receive(other_tenant, a_mail(in_reply_to=ours(crowd))).kind is ArrivalKind.UNMATCHED
    assert enrolments(crowd) == ["active"]
