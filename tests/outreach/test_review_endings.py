"""Whatever is stopped in the middle comes to an end: nothing waits for ever, and every mission adds up."""

from collections.abc import Callable, Sequence
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.compliance.suppression import Person, Stop, suppress
from rex_celery.integrations.base import Delivery, Outbound, ProviderEvent, Receipt, Submit
from rex_celery.missions import settle
from rex_celery.outreach.facts import store
from tests.outreach.enrolled import Clock, Crowd, Recorder, a_crowd

COUNTS = text("SELECT planned, sent, suppressed, skipped, failed, pending FROM enrolments")
OUTCOME = text("SELECT state, reason FROM outcomes WHERE mission_id = :mission")


class Interrupted(Recorder):
    """A provider during whose call something happens: the messages are submitted already."""

    def __init__(self, answer: Delivery, meanwhile: Callable[[], object]) -> None:
        super().__init__(answer=answer)
        self._meanwhile = meanwhile

    def send(self, messages: Sequence[Outbound], submit: Submit) -> list[Receipt]:
        receipts = super().send(messages, submit)
        self._meanwhile()
        return receipts


def _opt_out(crowd: Crowd) -> None:
    with db.transaction(crowd.tenant) as session:
        suppress(session, crowd.tenant, Person(crowd.leads[0].id), Stop("suppressed_opt_out", "test"))


def _cancel(crowd: Crowd) -> None:
    with db.transaction(crowd.tenant) as session:
        session.execute(text("UPDATE missions SET state = 'cancelled' WHERE id = :m"), {"m": crowd.mission.id})
    settle.settle(crowd.tenant, crowd.mission.id)


@pytest.mark.parametrize("answer", [Delivery.DEFERRED, Delivery.REJECTED])
@pytest.mark.parametrize(
    ("meanwhile", "ends"), [(_opt_out, ("suppressed", "suppressed_opt_out")), (_cancel, ("skipped", "cancelled"))]
)
def test_a_message_that_comes_back_after_a_stop_ends_with_its_person(
    tenant: UUID, answer: Delivery, meanwhile: Callable[[Crowd], None], ends: tuple[str, str]
) -> None:
    crowd, at = a_crowd(tenant, provider="smtp"), Clock()
    crowd.send(at, Interrupted(answer, lambda: meanwhile(crowd)))
    with db.transaction(tenant) as session:
        counts = session.execute(COUNTS).one()
        outcome = session.execute(OUTCOME, {"mission": crowd.mission.id}).one()
    assert counts.pending == 0
    assert crowd.states() == ["failed" if answer is Delivery.REJECTED else ends[0]]
    assert outcome == ends


def test_a_failure_that_is_told_before_the_answer_ends_a_stopped_person_too(tenant: UUID) -> None:
    crowd, at = a_crowd(tenant, provider="smtp"), Clock()

    def meanwhile() -> None:
        _opt_out(crowd)
        id_ = crowd.rows()[0].id  # type: ignore[attr-defined]
        with db.transaction(tenant) as session:
            store(session, tenant, [ProviderEvent("twilio", "1", "failed", "webhook", at(), id_)], at())

    crowd.send(at, Interrupted(Delivery.ACCEPTED, meanwhile))
    with db.transaction(tenant) as session:
        assert session.execute(OUTCOME, {"mission": crowd.mission.id}).one() == ("suppressed", "suppressed_opt_out")


def test_a_cancelled_mission_is_settled_whatever_became_of_its_messages(tenant: UUID) -> None:
    crowd = a_crowd(tenant)
    with db.transaction(tenant) as session:
        session.execute(text("DELETE FROM enrolments"))
        session.execute(text("UPDATE messages SET enrolment_id = NULL"))
        session.execute(text("UPDATE messages SET state = 'failed', reason = 'agent_failed' WHERE position = 1"))
    _cancel(crowd)
    with db.transaction(tenant) as session:
        assert session.execute(OUTCOME, {"mission": crowd.mission.id}).one() == ("skipped", "cancelled")
    with db.control() as session:
        assert (tenant, crowd.mission.id) not in settle.unsettled(session)


def test_cancelling_a_mission_leaves_what_a_person_wrote_to_somebody(tenant: UUID) -> None:
    crowd = a_crowd(tenant)
    with db.transaction(tenant) as session:
        session.execute(
            text(
                "UPDATE messages SET step_key = 'answer:1', enrolment_id = NULL, approved_at = now() WHERE position = 1"
            )
        )
    _cancel(crowd)
    assert crowd.states("answer:1") == ["planned"]
