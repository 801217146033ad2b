"""Once a second: a task for each inbox that has something to send, and none for one that would find nothing."""

from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.outreach import rounds
from tests.missions.conftest import HandCarrier
from tests.outreach.enrolled import NOON, Clock, Crowd, a_crowd

HELD = {
    "its mission is paused": "UPDATE missions SET paused_at = :now",
    "its mission is in a person's hands": "UPDATE missions SET state = 'escalated'",
    "its campaign is paused": "UPDATE campaigns SET paused_at = :now",
    "its reader is away": "UPDATE enrolments SET resume_at = :now + interval '1 day'",
    "its reader was stopped": "UPDATE enrolments SET state = 'stopped', reason = 'suppressed_reply'",
    "nobody approved it": "UPDATE messages SET wait_reason = 'waiting_approval'",
    "its inbox is paused": "UPDATE inboxes SET state = 'paused'",
    "its inbox rests": "UPDATE inboxes SET next_free_at = :now + interval '1 minute'",
    "everything is stopped": "UPDATE tenants SET sending_stopped_at = :now",
}


@pytest.fixture
def crowd(tenant: UUID, carrier: HandCarrier) -> Crowd:
    crowd = a_crowd(tenant)
    with db.transaction(tenant) as session:
        session.execute(
            text(
                "INSERT INTO campaigns (id, tenant_id, name, sequence_id)"
                " SELECT gen_random_uuid(), tenant_id, 'spring', id FROM sequences LIMIT 1"
            )
        )
        session.execute(text("UPDATE enrolments SET campaign_id = (SELECT id FROM campaigns)"))
        session.execute(text("UPDATE missions SET campaign_id = (SELECT id FROM campaigns)"))
    return crowd


def test_an_inbox_with_something_due_gets_a_task(crowd: Crowd, carrier: HandCarrier) -> None:
    with clock.replaced(Clock()):
        assert rounds.send_due() == 1
        assert rounds.send_due() == 0  # the first has not begun yet
        carrier.run_all()
        assert rounds.send_due() == 0
    assert crowd.states() == ["accepted"]


@pytest.mark.parametrize("held", HELD.values(), ids=HELD)
def test_no_task_is_made_that_would_find_nothing(crowd: Crowd, carrier: HandCarrier, held: str) -> None:
    with db.transaction(crowd.tenant) as session:
        session.execute(text(held), {"now": NOON})
    with clock.replaced(Clock()):
        assert rounds.send_due() == 0
    assert carrier.waiting == []
