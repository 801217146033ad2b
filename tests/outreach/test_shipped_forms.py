"""The sequences that come with REX keep the rules that it sets for others."""

from itertools import chain, combinations, product
from uuid import uuid4

import pytest

from rex_celery.compliance import content, sms
from rex_celery.copywriting import step_text
from rex_celery.copywriting.facts import FACT_NAMES
from rex_celery.outreach import shipped_forms, steps
from rex_celery.outreach.shipped_forms import Form
from rex_celery.outreach.step_problems import problems_of
from rex_celery.outreach.steps import OnFail, Step
from rex_celery.scoring.reactivation import Strategy
from rex_celery.vocabulary import Channel

FORMS = shipped_forms.forms()
WRITTEN = [(form.key, step) for form in FORMS for step in steps.read(form.steps) if not step.framework]
# As long as facts can be in practice: a long name, the longest contact, an offer at its limit of words.
FACTS = {
    "first_name": "Maximiliana-Konstantina",
    "company": "Northern Harbour Power and Light Company",
    "city": "San Francisco",
    "last_contact": "we went through a demo together in September 2025",
    "deal_stage": "we were talking through the details",
    "offer": "a " + "thorough " * 43 + "audit",
    "sender_name": "Bartholomew Featherstonehaugh",
    "sender_company": "Harbour Energy Consultants",
}
OPTIONAL = [name for name in FACT_NAMES if name != "sender_name"]
KNOWN = list(chain.from_iterable(combinations(OPTIONAL, n) for n in range(len(OPTIONAL) + 1)))


def texts(step: Step) -> set[tuple[frozenset[str], str]]:
    """What the step says, whatever is known and whichever words are taken."""
    seeds = [uuid4() for _ in range(6)]
    said = set()
    for known, seed in product(KNOWN, seeds):
        facts = {name: FACTS[name] for name in (*known, "sender_name")}
        said.add((frozenset(facts), step_text.write(step.subject, step.body, facts, {}, seed)[1]))
    return said


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.key)
def test_a_form_has_no_problems(form: Form) -> None:
    assert problems_of(form.steps) == []


def test_the_full_form_has_six_steps_on_their_days_and_channels() -> None:
    (form,) = (form for form in FORMS if form.key == "reactivation-multi")
    known = [(step.day, step.channel) for step in steps.read(form.steps)]

    assert known == [
        *((0, Channel.EMAIL), (2, Channel.LINKEDIN), (4, Channel.SMS)),
        *((7, Channel.EMAIL), (12, Channel.EMAIL), (18, Channel.EMAIL)),
    ]


def test_each_strategy_that_writes_has_its_form_and_lighter_ones_have_fewer_steps() -> None:
    forms = {form.strategy: form for form in FORMS if form.family == "reactivation"}

    assert set(forms) == set(Strategy) - {Strategy.SKIP}
    assert [len(forms[one].steps) for one in ("multi_channel", "standard", "soft_touch")] == [6, 4, 3]
    assert {step["channel"] for step in forms["soft_touch"].steps} == {"email"}
    assert {step["channel"] for step in forms["standard"].steps} == {"email", "linkedin"}


def test_first_touches_are_written_by_frameworks_and_later_e_mails_stay_in_their_thread() -> None:
    assert all(form.steps[0].get("framework") for form in FORMS)
    assert all(not step.subject for _, step in WRITTEN)


def test_text_messages_are_left_out_where_they_may_not_go() -> None:
    assert {step.on_fail for _, step in WRITTEN if step.channel is Channel.SMS} == {OnFail.SKIP}


@pytest.mark.parametrize(("form", "step"), WRITTEN, ids=[f"{key}-{step.key}" for key, step in WRITTEN])
def test_a_text_is_short_and_honest_whatever_is_known(form: str, step: Step) -> None:
    for known, text in texts(step):
        assert len(text.split()) < 120
        assert "  " not in text
        assert " ," not in text
        assert "\n\n\n" not in text
        # A fact is stated only when it is known.
        assert not any(FACTS[name] in text for name in FACTS if name not in known)
        assert content._text(content.Content(step.channel, "", text, "", "", "", "")) == []
        if step.channel is Channel.SMS:
            size = sms.measure(text)
            assert (size.encoding, size.segments) in {("GSM-7", 1), ("GSM-7", 2)}
            assert "Reply STOP" in text
        if step.channel is Channel.LINKEDIN:
            assert len(text) <= 300


def test_texts_use_the_facts_that_are_known() -> None:
    (summary,) = (step for key, step in WRITTEN if (key, step.key) == ("reactivation-multi", "summary"))
    text = step_text.write("", summary.body, FACTS, {}, uuid4())[1]

    assert all(FACTS[name] in text for name in ("first_name", "last_contact", "deal_stage", "offer", "sender_name"))
