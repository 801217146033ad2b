"""A stop counts for the address that a message goes to, whoever's conversation it is in."""

from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.compliance.suppression import Person, Stop, suppress
from rex_celery.models import Lead, Mission
from tests.factories import a_message
from tests.outreach.enrolled import NOON, Clock, Crowd, Recorder, a_crowd

COLLEAGUE = "Bob@navy.example.com"


@pytest.fixture
def crowd(tenant: UUID) -> Crowd:
    """Somebody's colleague wrote for them, from an address that no lead has; a person of ours answers."""
    crowd = a_crowd(tenant, provider="smtp")
    with db.transaction(tenant) as session:
        session.execute(text("DELETE FROM messages"))
        mission, lead = session.get_one(Mission, crowd.mission.id), session.get_one(Lead, crowd.leads[0].id)
        due = {"run_after": NOON, "approved_at": NOON, "inbox_id": crowd.inbox.id, "recipient": COLLEAGUE}
        a_message(session, mission, lead, step_key="answer:1", **due)
    return crowd


def _opt_out(crowd: Crowd) -> None:
    with db.transaction(crowd.tenant) as session:
        suppress(session, crowd.tenant, Person(email=COLLEAGUE.lower()), Stop("suppressed_opt_out", "test"))


def test_who_opted_out_gets_no_answer_in_a_colleagues_conversation(crowd: Crowd) -> None:
    _opt_out(crowd)
    provider = Recorder()
    assert crowd.send(Clock(), provider) == 0
    assert provider.sent == []
    assert [(row.state, row.reason) for row in crowd.rows("answer:1")] == [  # type: ignore[attr-defined]
        ("suppressed", "suppressed_opt_out")
    ]


def test_nor_when_they_opt_out_between_the_claim_and_the_last_look(crowd: Crowd) -> None:
    provider = Recorder()
    hand_over = provider.send

    def stopped_meanwhile(messages: object, submit: object) -> object:
        _opt_out(crowd)
        return hand_over(messages, submit)  # type: ignore[arg-type]

    provider.send = stopped_meanwhile  # type: ignore[method-assign,assignment]
    assert crowd.send(Clock(), provider) == 0
    assert provider.sent == []


def test_a_stop_on_another_channel_or_of_another_address_holds_nothing(crowd: Crowd) -> None:
    with db.transaction(crowd.tenant) as session:
        stop = Stop("suppressed_opt_out", "test")
        suppress(session, crowd.tenant, Person(email="eve@navy.example.com"), stop)
        suppress(
            session, crowd.tenant, Person(email=COLLEAGUE.lower()), Stop("suppressed_opt_out", "test", scope="sms")
        )
    assert crowd.send(Clock(), Recorder()) == 1
