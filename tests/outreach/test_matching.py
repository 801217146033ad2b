"""Whose answer it is: the surest sign counts, and what only looks alike is none."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from rex_celery import config, db
from rex_celery.integrations.base import InboundEmail
from rex_celery.models import Lead, Message
from rex_celery.outreach import matching, reply_token, senders_of
from rex_celery.outreach.matching import Match, MatchedBy
from tests.factories import a_lead, a_message, a_mission, a_sequence, an_enrolment
from tests.outreach.coming_in import OURS, a_mail, a_text, receive
from tests.outreach.enrolled import NOON

SECRET = "a secret of the installation"


@dataclass
class Sent:
    """Two people who were each sent one message."""

    tenant: UUID
    grace: Lead
    bob: Lead
    to_grace: Message
    to_bob: Message

    def match(self, mail: InboundEmail) -> Match | None:
        with db.transaction(self.tenant) as session:
            return matching.match_email(session, self.tenant, mail, SECRET)


@pytest.fixture
def sent(tenant: UUID) -> Sent:
    with db.transaction(tenant) as session:
        mission, sequence = a_mission(session, tenant), a_sequence(session, tenant)
        people, messages = [], []
        for email, extra in (
            ("grace@navy.example.com", {"Private mail": "grace.h@home.example.net"}),
            ("bob@army.example.com", {}),
        ):
            lead = a_lead(session, tenant, email=email, extra=extra, phone=None)
            enrolment = an_enrolment(session, mission, lead, sequence)
            known = {"state": "delivered", "sent_at": NOON, "provider": "sendgrid", "enrolment_id": enrolment.id}
            people.append(lead)
            messages.append(a_message(session, mission, lead, position=0, provider_id=f"SG{lead.id.hex}", **known))
        session.expunge_all()
    return Sent(tenant, *people, *messages)


def id_of(message: Message) -> str:
    return f"<{message.id}@acme.example.com>"


STRANGER = {"sender": "who@elsewhere.example.net", "subject": "Hello"}


def test_what_it_answers_counts_more_than_who_wrote_it(sent: Sent) -> None:
    mail = a_mail(in_reply_to=id_of(sent.to_bob), references=(id_of(sent.to_grace),), sender=sent.grace.email)
    assert sent.match(mail) == Match(MatchedBy.IN_REPLY_TO, sent.bob.id, sent.to_bob.id)


def test_the_newest_reference_counts(sent: Sent) -> None:
    chain = ("<first@elsewhere.example.net>", id_of(sent.to_grace), id_of(sent.to_bob), "<last@elsewhere.example.net>")
    found = sent.match(a_mail(in_reply_to="<unknown@elsewhere.example.net>", references=chain, **STRANGER))
    assert found == Match(MatchedBy.REFERENCES, sent.bob.id, sent.to_bob.id)


@pytest.mark.parametrize(
    "wrapped",
    ["<{}@geopod-ismtpd-3>", "{}@geopod", "<{}>"],
)
def test_the_providers_own_name_of_the_message_counts(sent: Sent, wrapped: str) -> None:
    mail = a_mail(in_reply_to=wrapped.format(sent.to_grace.provider_id), **STRANGER)
    assert sent.match(mail) == Match(MatchedBy.IN_REPLY_TO, sent.grace.id, sent.to_grace.id)


def test_upper_case_and_spaces_do_no_harm(sent: Sent) -> None:
    mail = a_mail(in_reply_to=f" {id_of(sent.to_grace).upper()} ", **STRANGER)
    assert sent.match(mail) == Match(MatchedBy.IN_REPLY_TO, sent.grace.id, sent.to_grace.id)


def test_the_token_in_the_address_counts_where_headers_are_lost(sent: Sent) -> None:
    address = reply_token.address(SECRET, sent.to_bob.id, OURS).upper()
    found = sent.match(a_mail(recipients=("boss@acme.example.com", address), **STRANGER))
    assert found == Match(MatchedBy.TOKEN, sent.bob.id, sent.to_bob.id)
    forged = reply_token.address("another secret", sent.to_bob.id, OURS)
    assert sent.match(a_mail(recipients=(forged,), **STRANGER)) is None


@pytest.mark.parametrize("sender", ["grace@navy.example.com", "Grace@Navy.Example.com", "grace+crm@navy.example.com"])
def test_the_sender_counts_with_the_last_message_to_them(sent: Sent, sender: str) -> None:
    assert sent.match(a_mail(sender=sender)) == Match(MatchedBy.SENDER, sent.grace.id, sent.to_grace.id)


def test_an_address_that_the_record_names_elsewhere_counts(sent: Sent) -> None:
    found = sent.match(a_mail(sender="grace.h@home.example.net"))
    assert found == Match(MatchedBy.ALIAS, sent.grace.id, sent.to_grace.id)


@pytest.mark.parametrize(
    "sender", ["h@home.example.net", "race.h@home.example.net", "grace.h@home.example.ne", "%@home.example.net"]
)
def test_a_part_of_such_an_address_does_not(sent: Sent, sender: str) -> None:
    assert sent.match(a_mail(sender=sender, subject="Hello")) is None


def test_company_and_subject_are_a_hint_and_no_more(sent: Sent) -> None:
    found = sent.match(a_mail(sender="boss@navy.example.com", subject="RE: Fwd: Shall we pick this up again?"))
    assert found
    assert (found.by, found.lead_id, found.is_sure) == (MatchedBy.HINT, sent.grace.id, False)
    assert sent.match(a_mail(sender="boss@navy.example.com", subject="Something else")) is None


@pytest.mark.parametrize(
    "sender", ["", "nobody", "@", "a@b@c", "grace@navy.example.com\x00", "x" * 5000 + "@a.example"]
)
def test_a_broken_sender_matches_nobody_and_breaks_nothing(sent: Sent, sender: str) -> None:
    assert receive(sent.tenant, a_mail(sender=sender, subject="Hello")).kind == "unmatched"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "<>",
        "<@>",
        "<2f0c3a52-9e0a-4c33-9d3c-0d6f0f6a7a11@acme.example.com>",
        "\x00",
        "<\udcff@x>",
        "<" + "x" * 9999,
    ],
)
def test_a_broken_header_matches_nobody_and_breaks_nothing(sent: Sent, header: str) -> None:
    assert receive(sent.tenant, a_mail(in_reply_to=header, references=(header,), **STRANGER)).kind == "unmatched"


def test_a_text_is_of_everybody_with_the_number_who_was_texted_last_first(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        mission = a_mission(session, tenant)
        first, second = (a_lead(session, tenant, phone="+12025550143") for _ in range(2))
        texted = {"channel": "sms", "state": "delivered", "sent_at": NOON, "recipient": "+12025550143"}
        message = a_message(session, mission, second, **texted)
        found = matching.match_text(session, tenant, "+12025550143")
    assert found == [Match(MatchedBy.PHONE, second.id, message.id), Match(MatchedBy.PHONE, first.id)]
    assert receive(tenant, a_text(sender="+1 (202) 555-0143")).lead_id == second.id


def test_spellings_of_one_mailbox() -> None:
    assert senders_of.spellings("g.race+x@gmail.com") >= {"grace@gmail.com", "grace@googlemail.com"}
    assert senders_of.spellings("g.race+x@navy.example.com") == {"g.race+x@navy.example.com", "g.race@navy.example.com"}


def test_the_secret_is_the_installations_own(sent: Sent) -> None:
    secret = config.settings().secret_key.get_secret_value()
    address = reply_token.address(secret, sent.to_grace.id, OURS)
    assert receive(sent.tenant, a_mail(recipients=(address,), **STRANGER)).lead_id == sent.grace.id
