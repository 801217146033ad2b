"""Writing a whole sequence to one lead: what goes where, and why a step is passed over."""

from types import SimpleNamespace
from uuid import uuid4

import pytest

from rex_celery.agents import quality_control, scripts
from rex_celery.agents.scripts import Scripts
from rex_celery.agents.written import Written, unsubscribe_url
from rex_celery.embedded.services import Services
from rex_celery.outreach.pinning import Pinned
from rex_celery.outreach.steps import OnFail, Step
from rex_celery.vocabulary import Channel
from rex_celery.work import Verdict
from tests.agents.test_agents import a_job, a_row

PINNED = Pinned(uuid4(), 1)
FIRST = Step("first", Channel.EMAIL, 0, "Hello {{ first_name }}.", "A question")
LATER = Step("later", Channel.EMAIL, 3, "{Hi|Hello} again, {{ sender_name }}.")
TEXT = Step("text", Channel.SMS, 4, "Hi, {{ sender_name }} here. Reply STOP to opt out.")
VISIT = Step("visit", Channel.LINKEDIN, 2, "Good to see you here.")


def write(lead: SimpleNamespace, *steps: Step, texting: bool = False, **params: object) -> list[Written] | Verdict:
    stored = {"sequence": PINNED.stored()}
    agreed = frozenset({lead.lead_id} if texting else ())
    known = Scripts(stored, {PINNED: steps}, {"bye": "See you."}, agreed)
    return scripts.written(lead, known, a_job(**params))  # type: ignore[arg-type]


def lead(**fields: object) -> SimpleNamespace:
    return a_row(**({"strategy": "standard", "linkedin_url": "https://www.linkedin.com/in/grace"} | fields))


def told(made: list[Written] | Verdict) -> list[tuple[str, str, str | None]]:
    assert isinstance(made, list)
    return [(one.step_key, str(one.channel), one.reason) for one in made]


def test_each_step_is_one_message_in_order(database: Services) -> None:
    made = write(lead(), FIRST, VISIT, TEXT, LATER, texting=True)
    assert told(made) == [
        ("first", "email", None),
        ("visit", "linkedin", None),
        ("text", "sms", None),
        ("later", "email", None),
    ]
    assert isinstance(made, list)
    assert [one.position for one in made] == [0, 1, 2, 3]
    assert [one.recipient for one in made][1:3] == ["https://www.linkedin.com/in/grace", "+12025550143"]
    assert made[0].subject == "A question"
    assert made[3].subject == ""
    assert "Unsubscribe" not in made[1].body + made[2].body


def test_every_email_has_its_own_way_out(database: Services) -> None:
    job = a_job()
    known = Scripts({"sequence": PINNED.stored()}, {PINNED: (FIRST, LATER)}, {}, frozenset())
    made = scripts.written(lead(), known, job)  # type: ignore[arg-type]
    assert isinstance(made, list)
    links = [unsubscribe_url(job.tenant_id, one.id) for one in made]
    assert len(set(links)) == 2
    assert all(link in one.body for link, one in zip(links, made, strict=True))


def test_the_same_lead_gets_the_same_words_on_every_try(database: Services) -> None:
    person = lead()
    first, second = (write(person, FIRST, LATER) for _ in range(2))
    assert isinstance(first, list)
    assert isinstance(second, list)
    assert first[1].body.split()[:4] == second[1].body.split()[:4]
    bodies = set()
    for _ in range(20):
        made = write(lead(), LATER, FIRST, LATER)
        assert isinstance(made, list)
        bodies.add(made[2].body.partition(" ")[0])
    assert bodies == {"Hi", "Hello"}


@pytest.mark.parametrize(
    ("fields", "step", "reason"),
    [
        ({}, TEXT, "no_consent_sms"),
        ({"phone": None}, TEXT, "no_channel"),
        ({"linkedin_url": None}, VISIT, "no_channel"),
        ({"email": "sales@example.com"}, LATER, "role_address"),
        ({"first_name": None}, Step("bare", Channel.LINKEDIN, 1, "Hi {{ first_name }}"), "content_unresolved_variable"),
        ({}, Step("lost", Channel.LINKEDIN, 1, "Hi {{ snippet.gone }}"), "content_unresolved_variable"),
    ],
)
def test_a_step_that_cannot_be_sent_is_kept_with_its_reason(
    database: Services, fields: dict[str, object], step: Step, reason: str
) -> None:
    sure = Step("sure", Channel.LINKEDIN if step.channel is not Channel.LINKEDIN else Channel.EMAIL, 0, "Yes.", "Well")
    made = write(lead(**fields), sure, step)
    assert told(made)[1] == (step.key, str(step.channel), reason)


def test_a_substitute_says_it_on_the_other_channel(database: Services) -> None:
    step = Step("text", Channel.SMS, 4, "Hi.", on_fail=OnFail.SUBSTITUTE, substitute=Channel.LINKEDIN)
    assert told(write(lead(), FIRST, step))[1] == ("text", "linkedin", None)
    assert told(write(lead(linkedin_url=None), FIRST, step))[1] == ("text", "sms", "no_consent_sms")


def test_a_step_whose_rule_is_to_stop_ends_what_comes_after_it(database: Services) -> None:
    step = Step("text", Channel.SMS, 1, "Hi.", on_fail=OnFail.STOP)
    assert [one[2] for one in told(write(lead(), FIRST, step, LATER, VISIT))] == [
        None,
        "no_consent_sms",
        "step_before_failed",
        "step_before_failed",
    ]


def test_a_lead_that_no_step_reaches_is_skipped_with_the_first_reason(database: Services) -> None:
    verdict = write(lead(email=None), FIRST, TEXT)
    assert isinstance(verdict, Verdict)
    assert (verdict.state, verdict.reason) == ("skipped", "no_channel")


def test_a_follow_up_without_a_subject_needs_an_email_before_it(database: Services) -> None:
    assert told(write(lead(), VISIT, LATER))[1] == ("later", "email", "content_empty")


def test_a_step_of_a_framework_is_written_like_a_first_touch(database: Services) -> None:
    made = write(lead(), Step("opening", Channel.EMAIL, 0, "", framework=True), LATER, framework="AIDA")
    assert isinstance(made, list)
    assert made[0].framework == "AIDA"
    assert made[0].subject
    assert told(made)[1] == ("later", "email", None)


def test_a_step_that_asks_a_person_is_kept_like_a_message(database: Services) -> None:
    made = write(lead(email=None), VISIT, Step("call", Channel.EMAIL, 5, "Call {{ first_name }}.", todo=True))
    assert isinstance(made, list)
    assert (made[1].framework, made[1].recipient, made[1].reason) == ("todo", "", None)
    assert made[1].body == "Call Grace."


def test_facts_are_put_as_on_the_day_when_the_step_is_expected(database: Services) -> None:
    made = write(lead(), *(Step(f"d{day}", Channel.LINKEDIN, day, "Hi, {{ last_contact }}.") for day in (0, 400)))
    assert isinstance(made, list)
    assert made[0].body != made[1].body


def test_what_was_written_passes_quality_control(database: Services) -> None:
    job = a_job()
    known = Scripts({"sequence": PINNED.stored()}, {PINNED: (FIRST, TEXT, LATER)}, {}, frozenset())
    made = scripts.written(lead(), known, job)  # type: ignore[arg-type]
    assert isinstance(made, list)
    for one in made:
        message = SimpleNamespace(
            id=one.id,
            lead_id=one.lead_id,
            channel=str(one.channel),
            subject=one.subject,
            body=one.body,
            framework=one.framework,
            in_thread=one.step_key == "later",
            first_name="Grace",
        )
        if not one.reason:
            assert quality_control.fit(message, job).reason is None  # type: ignore[arg-type]
