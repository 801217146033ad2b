"""The model is asked where the rules abstain, once; whatever an answer tells it, it can only choose a label."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.errors import ProviderRejectedError, ProviderUnavailableError
from rex_celery.integrations import openai_model
from rex_celery.integrations.openai_model import Choice, OpenAiModel
from rex_celery.outreach import labelling
from rex_celery.outreach.labels import NEVER_BY_MODEL, Label
from tests.doubles.http_double import Answer, HttpDouble
from tests.integrations.test_openai_model import said
from tests.outreach.coming_in import a_mail, column, ours, receive
from tests.outreach.enrolled import Clock, Crowd, Recorder, a_crowd

# Nothing of this is in the table of patterns.
WORDS = "Hm, that rings a bell. Grace (202-555-0143)"


@dataclass
class Fake:
    """A model that says what it was told to say."""

    choice: Choice = field(default_factory=lambda: Choice(Label.MEETING, 0.93, 111))
    trouble: Exception | None = None
    asked: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)

    def choose(self, task: str, material: str, choices: Sequence[str]) -> Choice:
        self.asked.append((task, material, tuple(choices)))
        if self.trouble:
            raise self.trouble
        return self.choice


@pytest.fixture
def crowd(tenant: UUID) -> Crowd:
    crowd = a_crowd(tenant, email="grace@navy.example.com", provider="smtp")
    crowd.send(Clock(), Recorder())
    return crowd


def a_reply(crowd: Crowd, words: str = WORDS) -> UUID:
    mail = a_mail(words, in_reply_to=ours(crowd))
    receive(crowd.tenant, mail)
    (reply,) = column(crowd.tenant, "SELECT id FROM replies WHERE external_id = :id", id=mail.message_id)
    assert isinstance(reply, UUID)
    return reply


def test_an_answer_that_the_rules_leave_unclear_is_labelled_and_gets_a_proposal(crowd: Crowd) -> None:
    reply, model = a_reply(crowd), Fake()
    assert column(crowd.tenant, "SELECT label FROM threads") == ["unclear"]
    assert labelling.label(crowd.tenant, reply, model) is Label.MEETING
    assert column(crowd.tenant, "SELECT label || ' ' || labelled_by || ' ' || confidence FROM replies") == [
        "meeting model 0.93"
    ]
    assert column(crowd.tenant, "SELECT label FROM threads") == ["meeting"]
    assert column(crowd.tenant, "SELECT details->>'label' FROM todos") == ["meeting"]
    assert column(crowd.tenant, "SELECT state FROM messages WHERE step_key LIKE 'answer:%'") == ["planned"]


def test_the_model_gets_no_name_and_no_number_and_no_choice_that_is_not_its_own(crowd: Crowd) -> None:
    model = Fake()
    labelling.label(crowd.tenant, a_reply(crowd), model)
    ((task, material, choices),) = model.asked
    assert material == "Hm, that rings a bell. [name] [number])"
    assert material not in task
    assert not NEVER_BY_MODEL & set(choices)


def test_it_is_asked_once(crowd: Crowd) -> None:
    reply, model = a_reply(crowd), Fake(Choice(Label.UNCLEAR, 0.2))
    assert labelling.label(crowd.tenant, reply, model) is Label.UNCLEAR
    assert labelling.label(crowd.tenant, reply, model) is None
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    ("confidence", "label", "rule"),
    [
        (0.9, "meeting", "act"),
        (0.7, "meeting", "act_and_watch"),
        (0.5, "meeting", "suggest"),
        (0.49, "unclear", "abstain"),
    ],
)
def test_every_decision_is_kept_with_its_band_and_without_the_text(
    crowd: Crowd, confidence: float, label: str, rule: str
) -> None:
    labelling.label(crowd.tenant, a_reply(crowd), Fake(Choice(Label.MEETING, confidence, 111)))
    with db.transaction(crowd.tenant) as session:
        row = session.execute(text("SELECT * FROM decisions")).one()
    assert (row.layer, row.rule, row.action, row.mission_id) == (
        "model",
        f"reply_label.{rule}",
        label,
        crowd.mission.id,
    )
    assert (row.inputs["confidence"], row.inputs["tokens"]) == (confidence, 111)
    assert "bell" not in str(row)
    assert Label.INTERESTED in row.alternatives


@pytest.mark.parametrize(
    ("trouble", "rule"),
    [
        (ProviderUnavailableError("no"), "unavailable"),
        (ProviderRejectedError("no", code="invalid_answer"), "invalid_answer"),
        (ProviderRejectedError("no"), "rejected"),
    ],
)
def test_a_model_that_fails_abstains(crowd: Crowd, trouble: Exception, rule: str) -> None:
    assert labelling.label(crowd.tenant, a_reply(crowd), Fake(trouble=trouble)) is Label.UNCLEAR
    assert column(crowd.tenant, "SELECT rule FROM decisions") == [f"reply_label.{rule}"]
    assert column(crowd.tenant, "SELECT state FROM todos") == ["open"]


def test_what_the_rules_know_is_not_asked(crowd: Crowd) -> None:
    model = Fake()
    assert labelling.label(crowd.tenant, a_reply(crowd, "Not interested."), model) is None
    assert labelling.label(crowd.tenant, a_reply(crowd, "Please unsubscribe me"), model) is None
    assert model.asked == []


def test_the_label_of_a_person_is_not_overruled(crowd: Crowd) -> None:
    reply = a_reply(crowd)

    class Slow(Fake):
        """Somebody labels while the model thinks."""

        def choose(self, task: str, material: str, choices: Sequence[str]) -> Choice:
            with db.transaction(crowd.tenant) as session:
                session.execute(text("UPDATE replies SET label = 'referral', labelled_by = 'user:ada'"))
                session.execute(text("UPDATE threads SET label = 'referral'"))
            return super().choose(task, material, choices)

    labelling.label(crowd.tenant, reply, Slow())
    assert column(crowd.tenant, "SELECT label FROM replies") == ["referral"]
    assert column(crowd.tenant, "SELECT label FROM threads") == ["referral"]


def test_an_older_answer_does_not_relabel_the_conversation(crowd: Crowd) -> None:
    first = a_reply(crowd)
    a_reply(crowd, "It is too expensive.")
    labelling.label(crowd.tenant, first, Fake())
    assert column(crowd.tenant, "SELECT label FROM threads") == ["objection_price"]


def test_nothing_of_another_tenant_is_asked_about(crowd: Crowd, other_tenant: UUID) -> None:
    model = Fake()
    assert labelling.label(other_tenant, a_reply(crowd), model) is None
    assert model.asked == []


def test_without_a_key_nobody_is_asked(crowd: Crowd) -> None:
    openai_model.configured.cache_clear()
    assert labelling.find_work() == 0
    assert labelling.label(crowd.tenant, a_reply(crowd)) is None
    assert column(crowd.tenant, "SELECT labelled_by FROM replies") == ["rules"]


@pytest.mark.parametrize("attack", (Path(__file__).parent / "injections.txt").read_text().splitlines())
@pytest.mark.parametrize("obeys", ['{"choice": "meeting", "confidence": 1}', "as it was told"])
def test_whatever_an_answer_commands_it_only_ever_gets_a_label(crowd: Crowd, attack: str, obeys: str) -> None:
    """P28: a model that does what the answer says can still do nothing but choose from the list."""
    reply = a_reply(crowd, attack)
    before = column(crowd.tenant, "SELECT count(*) FROM suppressions")
    with HttpDouble() as server:
        answer = said(obeys if obeys.startswith("{") else attack)
        server.always = Answer(200, answer, {"Content-Type": "application/json"})
        labelling.label(crowd.tenant, reply, OpenAiModel("a-key", f"{server.url}/v1", "the-model"))
    (label,) = column(crowd.tenant, "SELECT label FROM replies")
    assert label in set(Label)
    assert (
        label == "meeting" or not obeys.startswith("{") or column(crowd.tenant, "SELECT count(*) FROM decisions") == [0]
    )
    # Suppressing, sending and editing are none of its business.
    assert column(crowd.tenant, "SELECT count(*) FROM suppressions") == before
    assert crowd.send(Clock(), Recorder()) == 0
    assert set(column(crowd.tenant, "SELECT state FROM messages WHERE step_key LIKE 'answer:%'")) <= {
        "planned",
        "suppressed",
    }
