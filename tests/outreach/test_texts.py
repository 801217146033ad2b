"""Text messages: STOP holds for every number of ours, in any words; START undoes STOP and nothing else."""

from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.compliance import consent, suppression
from rex_celery.models import Lead
from rex_celery.outreach.arrivals import ArrivalKind
from rex_celery.outreach.labels import Label
from rex_celery.vocabulary import Channel
from tests.factories import a_lead, a_message, a_mission, an_inbox
from tests.outreach.coming_in import a_mail, a_text, column, receive
from tests.outreach.enrolled import NOON

NUMBER = "+12025550143"
POOL = ("+12025550100", "+12025550101", "+12025550102")


@pytest.fixture
def lead(tenant: UUID) -> Lead:
    """Somebody who agreed to texts and was texted from the first of three numbers; more waits on the others."""
    with db.transaction(tenant) as session:
        lead, mission = a_lead(session, tenant, phone=NUMBER), a_mission(session, tenant)
        agreed = consent.Agreement(Channel.SMS, "form", "Yes, text me", NOON)
        consent.record(session, tenant, lead.id, agreement=agreed)
        for place, number in enumerate(POOL):
            inbox = an_inbox(session, tenant, channel="sms", provider="twilio", address=number)
            state = {"state": "delivered", "sent_at": NOON} if place == 0 else {}
            text_ = {"channel": "sms", "recipient": NUMBER, "step_key": f"text-{place}", "inbox_id": inbox.id}
            a_message(session, mission, lead, subject="", **text_, **state)
        session.expunge_all()
        return lead


@pytest.mark.parametrize("words", ["STOP", "stop please", "Stop.", "Please stop texting me", "unsubscribe", "OPT-OUT"])
def test_a_stop_to_one_number_is_a_stop_to_all(tenant: UUID, lead: Lead, words: str) -> None:
    """P23, with a pool of three numbers."""
    assert receive(tenant, a_text(words, recipient=POOL[0])).label == Label.OPT_OUT
    assert column(tenant, "SELECT state FROM messages ORDER BY step_key") == ["replied", "suppressed", "suppressed"]
    with db.transaction(tenant) as session:
        assert suppression.suppressed_among(session, [lead.id]) == {lead.id: "suppressed_opt_out"}
        assert consent.consenting_among(session, [lead.id], Channel.SMS) == set()


def test_what_the_provider_recognises_as_a_stop_is_one(tenant: UUID, lead: Lead) -> None:
    assert receive(tenant, a_text("BASTA", opt_out_type="STOP")).label == Label.OPT_OUT
    evidence = column(tenant, "SELECT evidence FROM suppressions WHERE lead_id IS NOT NULL")[0]
    assert isinstance(evidence, dict)
    assert (evidence["words"], evidence["from"], evidence["to"]) == ("STOP", NUMBER, POOL[0])


def test_a_number_that_nobody_knows_is_kept_from_being_texted_too(tenant: UUID) -> None:
    assert receive(tenant, a_text("STOP", sender="+12025550177")).kind is ArrivalKind.UNMATCHED
    with db.transaction(tenant) as session:
        later = a_lead(session, tenant, phone="+12025550177")
        assert later.id in suppression.suppressed_among(session, [later.id])


def test_everybody_who_shares_the_telephone_is_stopped(tenant: UUID, lead: Lead) -> None:
    with db.transaction(tenant) as session:
        other = a_lead(session, tenant, phone=NUMBER).id
    receive(tenant, a_text("STOP"))
    with db.transaction(tenant) as session:
        assert set(suppression.suppressed_among(session, [lead.id, other])) == {lead.id, other}


def test_start_undoes_stop_and_is_kept_as_consent(tenant: UUID, lead: Lead) -> None:
    receive(tenant, a_text("STOP"))
    assert receive(tenant, a_text("Start", opt_out_type="START")).kind is ArrivalKind.AUTOMATIC
    with db.transaction(tenant) as session:
        assert suppression.suppressed_among(session, [lead.id]) == {}
        assert consent.consenting_among(session, [lead.id], Channel.SMS) == {lead.id}
        given = session.execute(text("SELECT * FROM consents WHERE source = 'sms_start'")).one()
    assert (given.wording, given.given_at) == ("Start", NOON)
    assert given.evidence["lifted"][0]["words"] == "stop"
    # What was taken back stays so: a person decides whether to write again.
    assert column(tenant, "SELECT state FROM messages ORDER BY step_key") == ["replied", "suppressed", "suppressed"]


@pytest.mark.parametrize("by_mail", [True, False])
def test_start_does_not_undo_what_was_said_in_words(tenant: UUID, lead: Lead, by_mail: bool) -> None:  # noqa: FBT001
    receive(tenant, a_text("STOP"))
    if by_mail:
        receive(tenant, a_mail("Please remove me from your list.", sender=lead.email))
    else:
        receive(tenant, a_text("I do not want to hear from you. Never text me again."))
    receive(tenant, a_text("START"))
    with db.transaction(tenant) as session:
        assert lead.id in suppression.suppressed_among(session, [lead.id])


def test_start_does_not_undo_an_unsubscribe_link(tenant: UUID, lead: Lead) -> None:
    with db.transaction(tenant) as session:
        message = session.execute(text("SELECT id FROM messages LIMIT 1")).scalar_one()
        suppression.unsubscribe(session, tenant, message, "one_click")
    receive(tenant, a_text("START"))
    with db.transaction(tenant) as session:
        assert suppression.suppressed_among(session, [lead.id]) == {lead.id: "suppressed_unsubscribed"}


def test_start_without_a_stop_is_an_answer(tenant: UUID, lead: Lead) -> None:
    assert receive(tenant, a_text("start")).kind is ArrivalKind.REPLY


def test_an_answer_by_text_ends_everything_and_help_is_answered_by_a_person(tenant: UUID, lead: Lead) -> None:
    received = receive(tenant, a_text("HELP", opt_out_type="HELP"))
    assert (received.kind, received.lead_id) == (ArrivalKind.REPLY, lead.id)
    assert column(tenant, "SELECT state FROM messages ORDER BY step_key") == ["replied", "suppressed", "suppressed"]
    assert column(tenant, "SELECT kind FROM todos") == ["answer"]
    assert receive(tenant, a_text("Yes, call me tomorrow")).thread_id == received.thread_id


def test_the_same_text_twice_is_one(tenant: UUID, lead: Lead) -> None:
    said = a_text("Who is this?")
    assert [receive(tenant, said).new, receive(tenant, said).new] == [True, False]


def test_a_text_from_our_own_number_is_no_answer(tenant: UUID, lead: Lead) -> None:
    assert receive(tenant, a_text("Hello", sender=POOL[1])).kind is ArrivalKind.OWN
