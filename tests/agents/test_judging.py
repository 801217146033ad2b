"""Verdicts on messages and on leads: an unfit message is held back alone unless it is the first."""

from types import SimpleNamespace
from uuid import UUID, uuid4

from sqlalchemy import text

from rex_celery import db
from rex_celery.agents import judging
from rex_celery.work import Verdict
from tests.missions import asking
from tests.missions.conftest import HandCarrier
from tests.missions.following import following, messages, messages_add_up

FINE = {"channel": "email", "subject": "A question", "body": "Hello {{ first_name }}."}


def pairs(*states: str) -> tuple[list[SimpleNamespace], list[Verdict]]:
    lead = uuid4()
    rows = [SimpleNamespace(id=uuid4(), lead_id=lead) for _ in states]
    return rows, [Verdict(lead, state, None if state == "pending" else "content_empty") for state in states]


def test_a_later_message_is_held_back_alone() -> None:
    rows, verdicts = pairs("pending", "skipped", "pending")
    judged = judging.split(rows, verdicts)  # type: ignore[arg-type]
    assert [one.state for one in judged.leads] == ["pending"]
    assert list(judged.messages) == [rows[1].id]


def test_the_first_message_decides_about_the_lead() -> None:
    judged = judging.split(*pairs("skipped", "skipped", "pending"))  # type: ignore[arg-type]
    assert [one.state for one in judged.leads] == ["skipped"]
    assert not judged.messages


def test_in_a_mission_an_unfit_follow_up_is_skipped_and_its_reader_still_enrolled(
    carrier: HandCarrier, tenant: UUID
) -> None:
    unfit = {"key": "bad", "day": 3, "channel": "email", "subject": "Re: our call", "body": "Act now."}
    mission = following(tenant, {"key": "first", "day": 0} | FINE, unfit, {"key": "last", "day": 5} | FINE)
    carrier.run_all()
    assert messages(tenant, mission) == {
        ("first", "planned", None): 3,
        ("bad", "skipped", "content_spam_phrase"): 3,
        ("last", "planned", None): 3,
    }
    assert asking.leads_of(tenant, mission) == {("pending", None): 3, ("skipped", "customer"): 1}
    assert messages_add_up(tenant, mission)


def test_in_a_mission_an_unfit_first_message_skips_its_reader(carrier: HandCarrier, tenant: UUID) -> None:
    unfit = {"key": "bad", "day": 0, "channel": "email", "subject": "Re: our call", "body": "Hello."}
    mission = following(tenant, unfit, {"key": "last", "day": 5} | FINE)
    carrier.run_all()
    assert asking.leads_of(tenant, mission)[("skipped", "content_fake_reply")] == 3
    assert asking.state_of(tenant, mission) == "completed"


def test_a_text_message_without_consent_is_skipped_and_the_rest_goes_out(carrier: HandCarrier, tenant: UUID) -> None:
    sms = {"key": "text", "day": 2, "channel": "sms", "body": "Hi. Reply STOP to opt out."}
    mission = following(tenant, {"key": "first", "day": 0} | FINE, sms)
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE leads SET phone = '+12025550143'"))
    carrier.run_all()
    assert messages(tenant, mission) == {("first", "planned", None): 3, ("text", "skipped", "no_consent_sms"): 3}
