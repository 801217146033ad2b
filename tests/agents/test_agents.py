"""What each agent says of one lead."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest

from rex_celery.agents import compliance, data_steward, personalizer, quality_control, reviver
from rex_celery.agents.base import unguarded
from rex_celery.agents.compliance import Standing
from rex_celery.agents.written import Written, unsubscribe_url
from rex_celery.embedded.services import Services
from rex_celery.scoring.reactivation import Thresholds
from rex_celery.work import Failure, Verdict, WorkRef
from workers import base

TODAY = date(2026, 11, 20)


def a_row(**fields: object) -> SimpleNamespace:
    known = {
        "lead_id": uuid4(),
        "email": "grace@example.com",
        "phone": "+12025550143",
        "linkedin_url": None,
        "first_name": "Grace",
        "company": "Navy Systems",
        "city": "Arlington",
        "last_activity": "Demo",
        "last_activity_on": TODAY - timedelta(days=60),
        "activities": 3,
        "deal_stage": "Proposal Sent",
        "deal_value": Decimal(12_000),
        "notes": None,
        "channel": "email",
    }
    return SimpleNamespace(**{**known, **fields})


def a_job(**params: object) -> SimpleNamespace:
    tenant, mission = uuid4(), uuid4()
    known = {
        "sender": {"name": "Alex Morgan", "email": "alex@example.com", "postal_address": "1 Example Street"},
        "offer": "a 20-minute review of your energy bill",
        "framework": None,
    }
    ref = WorkRef(tenant, mission, uuid4(), 1, 1)
    return SimpleNamespace(ref=ref, tenant_id=tenant, mission_id=mission, params={**known, **params}, attempt=1)


@pytest.mark.parametrize(("leads", "size"), [(1, 5), (80, 5), (81, 6), (320, 20), (3_200, 200), (1_000_000, 200)])
def test_leads_travel_in_about_sixteen_chunks_of_five_to_two_hundred(leads: int, size: int) -> None:
    assert data_steward.chunk_size(leads) == size


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"email": None}, None),
        ({"email": None, "phone": None, "linkedin_url": "https://www.linkedin.com/in/grace"}, None),
        ({"email": None, "phone": None}, "no_channel"),
        ({"email": "grace@", "phone": None}, "invalid_email"),
        ({"email": "sales@example.com", "phone": None}, "role_address"),
    ],
)
def test_the_steward_sets_aside_whom_nobody_can_reach(fields: dict[str, object], reason: str | None) -> None:
    verdict = data_steward.reachable(a_row(**fields))  # type: ignore[arg-type]
    assert verdict.reason == reason
    assert verdict.state == ("skipped" if reason else "pending")


def judged(row: SimpleNamespace, *, texting: bool = False) -> Verdict:
    agreed: set[UUID] = {row.lead_id} if texting else set()
    return reviver.judged(row, TODAY, Thresholds(), agreed)  # type: ignore[arg-type]


def test_the_reviver_scores_a_lead_and_picks_its_strategy_and_first_channel() -> None:
    verdict = judged(a_row())
    assert (verdict.state, verdict.strategy, verdict.channel) == ("pending", "multi_channel", "email")
    assert verdict.score == pytest.approx(0.4 * (1 - 60 / 365) + 0.4 * (1 + 2 / 3) / 3 + 0.2)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"deal_stage": "Closed Won"}, "customer"),
        ({"last_activity_on": None, "last_activity": None, "activities": 0}, "no_activity"),
        ({"last_activity_on": TODAY - timedelta(days=366)}, "dormant_too_long"),
        ({"last_activity": "Email", "activities": 1}, "low_engagement"),
        ({"email": None}, "no_consent_sms"),
        ({"email": None, "phone": None}, "no_channel"),
    ],
)
def test_the_reviver_skips_with_a_reason(fields: dict[str, object], reason: str) -> None:
    verdict = judged(a_row(**fields))
    assert (verdict.state, verdict.reason) == ("skipped", reason)


def test_a_lead_without_an_address_gets_a_text_message_only_with_consent() -> None:
    assert judged(a_row(email=None), texting=True).channel == "sms"
    profile = a_row(email=None, linkedin_url="https://www.linkedin.com/in/grace")
    assert judged(profile).channel == "linkedin"


def test_the_personalizer_writes_from_facts_and_adds_the_footer(database: Services) -> None:
    job = a_job()
    made = _written(a_row(), job)
    assert "Grace" in made.body
    assert "1 Example Street" in made.body
    assert unsubscribe_url(job.tenant_id, made.id) in made.body


def test_the_same_lead_gets_the_same_message_id_so_that_a_second_message_cannot_be_stored(database: Services) -> None:
    job, lead = a_job(), a_row()
    first, second = (personalizer.written(lead, job) for _ in range(2))  # type: ignore[arg-type]
    assert first == second


@pytest.mark.parametrize("framework", ["PAS", "AIDA", "BAB", "FAB"])
def test_every_framework_passes_quality_control(database: Services, framework: str) -> None:
    job = a_job(framework=framework)
    made = _written(a_row(), job)
    assert made.framework == framework
    assert quality_control.fit(_message(made), job).state == "pending"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"body": "Hi {{ first_name }}, hello"}, "content_unresolved_variable"),
        ({"subject": "Re: our call"}, "content_fake_reply"),
        ({"subject": ""}, "content_empty"),
    ],
)
def test_quality_control_holds_back_what_is_not_fit(database: Services, change: dict[str, object], reason: str) -> None:
    job = a_job()
    made = _written(a_row(), job)
    message = SimpleNamespace(**{**vars(_message(made)), **change})
    if "body" in change:
        message.body += _message(made).body
    assert quality_control.fit(message, job).reason == reason  # type: ignore[arg-type]


def test_compliance_holds_back_the_suppressed_and_texts_without_consent() -> None:
    person = uuid4()
    mail = SimpleNamespace(lead_id=person, channel="email", recipient="grace@example.com", framework="PAS")
    text = SimpleNamespace(lead_id=person, channel="sms", recipient="+12025550143", framework="PAS")
    free, stopped = Standing([], {}, set()), Standing([], {(person, "sms"): "suppressed_opt_out"}, {person})
    assert compliance.allowed(mail, free).state == "pending"  # type: ignore[arg-type]
    assert compliance.allowed(text, free).reason == "no_consent_sms"  # type: ignore[arg-type]
    assert compliance.allowed(text, Standing([], {}, {person})).state == "pending"  # type: ignore[arg-type]
    verdict = compliance.allowed(text, stopped)  # type: ignore[arg-type]
    assert (verdict.state, verdict.reason) == ("suppressed", "suppressed_opt_out")
    assert compliance.allowed(mail, stopped).state == "pending"  # type: ignore[arg-type]


def test_a_guarded_agent_names_the_lead_it_failed_on_and_judges_the_others() -> None:
    good, bad = a_row(), SimpleNamespace(lead_id=uuid4())
    agent = data_steward.DataSteward(base.guard)
    verdicts = agent.judged([good, bad], data_steward.reachable)  # type: ignore[list-item]
    assert [(one.lead_id, one.state, one.reason) for one in verdicts] == [
        (good.lead_id, "pending", None),
        (bad.lead_id, "failed", "agent_failed"),
    ]
    assert isinstance(base.guard(data_steward.reachable, bad), Failure)
    with pytest.raises(AttributeError):
        unguarded(data_steward.reachable, bad)


def _written(lead: SimpleNamespace, job: SimpleNamespace) -> Written:
    made = personalizer.written(lead, job)  # type: ignore[arg-type]
    assert isinstance(made, list)
    (message,) = made
    return message


def _message(made: Written) -> SimpleNamespace:
    return SimpleNamespace(
        id=made.id,
        lead_id=made.lead_id,
        channel=str(made.channel),
        subject=made.subject,
        body=made.body,
        framework=made.framework,
        in_thread=False,
        first_name="Grace",
    )
