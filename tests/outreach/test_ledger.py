"""The gate of a mission that sends at once, and taking back what may not be sent."""

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.models import Mission
from rex_celery.outreach import ledger
from tests.missions import asking
from tests.outreach.conftest import STOPS, messages, ref


def _open(mission: Mission, epoch: int = 1) -> bool:
    with db.transaction(mission.tenant_id) as session:
        return ledger.is_open(session, ref(mission, epoch))


@pytest.mark.parametrize("stop", STOPS)
def test_nothing_may_be_sent_once_a_stop_is_stored(mission: Mission, stop: str) -> None:
    assert _open(mission)
    with db.transaction(mission.tenant_id) as session:
        session.execute(text(stop), {"mission": mission.id, "tenant": mission.tenant_id})
    assert not _open(mission)


def test_a_task_from_before_a_retry_may_send_nothing(mission: Mission) -> None:
    assert not _open(mission, epoch=0)


@pytest.mark.parametrize(("state", "reason"), [("suppressed", "suppressed_reply"), ("skipped", "already_enrolled")])
def test_what_is_taken_back_has_its_reason_in_message_and_lead(mission: Mission, state: str, reason: str) -> None:
    with db.transaction(mission.tenant_id) as session:
        lead = session.execute(text("SELECT lead_id FROM messages WHERE mission_id = :id"), {"id": mission.id}).scalar()
        ledger.hold_back(session, ref(mission), {lead: reason}, state)
    assert messages(mission) == sorted(["planned", "planned", state])
    assert asking.leads_of(mission.tenant_id, mission.id) == {("pending", None): 2, (state, reason): 1}
