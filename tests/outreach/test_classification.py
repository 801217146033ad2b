"""What an answer wants, measured on sentences with a person's label; a rule that is not sure abstains."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_celery.outreach.classification import LEAST_CONFIDENCE, classify
from rex_celery.outreach.labels import Label
from rex_celery.outreach.reply_patterns import patterns
from tests.outreach import reply_corpus


def test_the_rules_know_the_sentences_they_were_made_with() -> None:
    known = reply_corpus.measure(reply_corpus.SEEN)
    assert known.sentences >= 150
    assert known.right / known.sentences >= 0.9
    assert known.precision >= 0.98


def test_they_are_mostly_right_or_silent_about_sentences_they_were_not_made_with() -> None:
    new = reply_corpus.measure(reply_corpus.UNSEEN)
    assert new.sentences >= 70
    assert new.precision >= 0.85
    assert new.right / new.sentences >= 0.35


def test_the_docs_give_the_figures_that_are_measured() -> None:
    assert reply_corpus.written() == reply_corpus.table(), "run python -m tests.outreach.reply_corpus"


def test_every_label_is_in_the_list_and_every_pattern_leads_to_one() -> None:
    labels = {label for label, _ in reply_corpus.sentences(reply_corpus.SEEN)}
    assert labels == set(Label)
    assert {pattern.label for pattern in patterns()} == labels - {Label.OPT_OUT, Label.UNCLEAR}


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ("I was interested, but I'm not interested any more.", Label.UNCLEAR),
        ("It sounds interesting, but it is too expensive.", Label.OBJECTION_PRICE),
        ("Not interested, we already use another tool.", Label.OBJECTION_COMPETITOR),
        ("I'm not the right person, please talk to my colleague.", Label.REFERRAL),
        ("Sounds great! Please unsubscribe me.", Label.OPT_OUT),
    ],
)
def test_of_several_meanings_the_more_telling_one_counts(words: str, label: Label) -> None:
    assert classify(words).label is label


def test_a_meaning_that_stands_beside_another_is_less_sure() -> None:
    alone, mixed = classify("It is too expensive."), classify("It sounds interesting, but it is too expensive.")
    assert alone.confidence > mixed.confidence >= LEAST_CONFIDENCE
    assert mixed.alternatives == (Label.INTERESTED,)


@given(st.text(max_size=3_000))
def test_any_text_gets_a_label_and_a_confidence(words: str) -> None:
    reading = classify(words)
    assert 0 <= reading.confidence < 1
    assert reading.label is Label.UNCLEAR or reading.confidence >= LEAST_CONFIDENCE


@pytest.mark.timeout(10)
@pytest.mark.parametrize("piece", ["we already ", "what does it ", "i am ", "not ", "a@b ", "((((", "on my on my "])
def test_a_text_made_to_be_slow_is_not(piece: str) -> None:
    classify(piece * 50_000)
