"""Messages as they go out, less their footer."""

import re
from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rex_celery.compliance import content, opt_out
from rex_celery.compliance.footer import with_footer
from rex_celery.copywriting import claims
from rex_celery.copywriting.drafts import Draft, write
from rex_celery.copywriting.facts import Facts, LeadRecord, Sender, facts_of
from rex_celery.copywriting.variants import assign
from rex_celery.vocabulary import Channel, Framework

TODAY = date(2026, 11, 20)
TOKEN = re.compile(r"[{}]|\[\w|<\w|%\w+%|\bNone\b|undefined", re.IGNORECASE)

MESSY = st.none() | st.text(max_size=80) | st.sampled_from(["Kim", "{{ name }}", "None", "N/A", "Acme\nLtd", "Åsa 李"])
RECORDS = st.builds(
    LeadRecord,
    first_name=MESSY,
    company=MESSY,
    city=MESSY,
    last_activity=MESSY | st.sampled_from(["Meeting", "Email"]),
    last_activity_on=st.none() | st.dates(date(2020, 1, 1), date(2027, 1, 1)),
    deal_stage=MESSY | st.sampled_from(["Proposal Sent", "Closed Lost"]),
)
WORDY_OFFER = " ".join(["offer"] * 45)


def full_facts(offer: str = "A free check of your set-up") -> Facts:
    record = LeadRecord("Kim", "Acme Ltd", "Oslo", "Meeting", date(2026, 7, 1), "Proposal Sent")
    return facts_of(record, Sender("Maria Lopez", "Northwind"), offer, TODAY)


def lead_in(arm: int, channel: Channel) -> UUID:
    return next(lead for number in range(99) if assign(lead := UUID(int=number), channel) == arm)


def text_of(draft: Draft) -> str:
    return f"{draft.subject}\n\n{draft.body}"


@settings(max_examples=300)
@given(RECORDS, st.sampled_from(Channel), st.sampled_from(Framework), MESSY.map(lambda text: text or ""), st.uuids())
def test_no_message_ever_holds_an_unresolved_token(
    record: LeadRecord, channel: Channel, framework: Framework, offer: str, lead_id: UUID
) -> None:
    facts = facts_of(record, Sender("Maria Lopez"), offer, TODAY)
    draft = write(facts, channel, framework, lead_id)
    template_text = text_of(draft)
    for value in draft.facts.values():
        template_text = template_text.replace(value, "")
    assert not TOKEN.search(template_text)
    assert not re.search(r"[{}\[\]<>]", text_of(draft))


@settings(max_examples=300)
@given(RECORDS, st.sampled_from(Framework), st.uuids())
def test_every_e_mail_is_short_plain_and_honest(record: LeadRecord, framework: Framework, lead_id: UUID) -> None:
    draft = write(facts_of(record, Sender("Maria Lopez"), WORDY_OFFER, TODAY), Channel.EMAIL, framework, lead_id)
    assert len(draft.body.split()) < 150
    assert "\n" not in draft.subject
    assert draft.subject
    assert not re.match(r"(re|fwd?)\s*:", draft.subject, re.IGNORECASE)
    assert "http" not in draft.body
    assert "no thanks" in draft.body
    assert draft.body.rstrip().endswith("Maria Lopez")


@pytest.mark.parametrize("framework", Framework)
@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("arm", [0, 1])
@pytest.mark.parametrize("facts", [full_facts(), full_facts(""), Facts(sender_name="Maria Lopez")])
def test_no_message_states_what_is_no_fact(channel: Channel, framework: Framework, arm: int, facts: Facts) -> None:
    draft = write(facts, channel, framework, lead_in(arm, channel))
    assert claims.unfounded(text_of(draft), facts) == ()


@pytest.mark.parametrize("framework", Framework)
def test_a_message_uses_what_is_known(framework: Framework) -> None:
    draft = write(full_facts(), Channel.EMAIL, framework, lead_in(0, Channel.EMAIL))
    for piece in ("Hi Kim,", "we met in July", "we had sent you a proposal", "A free check", "Maria Lopez\nNorthwind"):
        assert piece in draft.body
    assert draft.facts["last_contact"] == "we met in July"
    assert "city" not in draft.facts


@pytest.mark.parametrize("framework", Framework)
def test_the_two_variants_differ_and_are_named(framework: Framework) -> None:
    first, second = (write(full_facts(), Channel.EMAIL, framework, lead_in(arm, Channel.EMAIL)) for arm in (0, 1))
    assert (first.variant, second.variant) == ("A", "B")
    assert first.body != second.body


def test_frameworks_argue_differently() -> None:
    lead_id = uuid4()
    assert len({write(full_facts(), Channel.EMAIL, framework, lead_id).body for framework in Framework}) == 4


def test_writing_again_gives_the_same_words() -> None:
    lead_id = uuid4()
    assert write(full_facts(), Channel.EMAIL, Framework.PAS, lead_id) == write(
        full_facts(), Channel.EMAIL, Framework.PAS, lead_id
    )


def test_without_a_name_the_greeting_stays_plain() -> None:
    draft = write(Facts(sender_name="Maria Lopez"), Channel.EMAIL, Framework.PAS, uuid4())
    assert draft.body.startswith("Hello,\n")


@pytest.mark.parametrize("arm", [0, 1])
def test_a_text_message_fits_one_segment_and_says_how_to_stop(arm: int) -> None:
    draft = write(full_facts(), Channel.SMS, Framework.PAS, lead_in(arm, Channel.SMS))
    assert draft.body.isascii()
    assert len(draft.body) <= 160
    assert draft.body.endswith("Reply STOP to opt out.")
    assert draft.subject == ""


def test_a_linkedin_message_is_short_enough_for_an_invitation() -> None:
    assert len(write(full_facts(), Channel.LINKEDIN, Framework.PAS, uuid4()).body) <= 300


@pytest.mark.parametrize("framework", Framework)
@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("arm", [0, 1])
@pytest.mark.parametrize("facts", [full_facts(), full_facts(WORDY_OFFER), Facts(sender_name="Maria Lopez")])
def test_what_rex_writes_passes_its_own_checks(channel: Channel, framework: Framework, arm: int, facts: Facts) -> None:
    draft = write(facts, channel, framework, lead_in(arm, channel))
    link = "https://rex.example/u/abc"
    body = with_footer(draft.body, "Maria Lopez", "1 Main St", link) if channel is Channel.EMAIL else draft.body
    whole = content.Content(channel, draft.subject, body, "Kim", "Maria Lopez", "1 Main St", link)
    assert content.check(whole) == ()


@pytest.mark.parametrize("arm", [0, 1])
def test_the_way_out_that_a_message_offers_is_understood(arm: int) -> None:
    body = write(full_facts(), Channel.EMAIL, Framework.PAS, lead_in(arm, Channel.EMAIL)).body
    offered = re.search("“(.+?)”", body)
    assert offered
    assert opt_out.detect(offered[1])
    quoted = "\n> ".join(body.splitlines())
    assert opt_out.detect(f"Hi Maria,\n\n{offered[1].capitalize()}!\n\nKim Lee\nHead of Sales\n\n> {quoted}")
