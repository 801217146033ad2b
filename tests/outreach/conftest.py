"""A mission in the middle of sending."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.models import Mission
from rex_celery.work import WorkRef
from tests.factories import a_lead, a_message, a_mission, an_outcome
from tests.missions.conftest import carrier  # noqa: F401  a fixture

# Whatever a person may do that must hold the next message.
STOPS = (
    "UPDATE missions SET paused_at = now() WHERE id = :mission",
    "UPDATE missions SET state = 'cancelled' WHERE id = :mission",
    "UPDATE missions SET epoch = epoch + 1 WHERE id = :mission",
    "UPDATE tenants SET sending_stopped_at = now() WHERE id = :tenant",
)


@pytest.fixture
def mission(tenant: UUID) -> Mission:
    """A mission that executes, with three planned e-mails in chunk 1."""
    with db.transaction(tenant) as session:
        mission = a_mission(session, tenant)
        for _ in range(3):
            lead = a_lead(session, tenant, phone=None)
            an_outcome(session, mission, lead, chunk_no=1)
            a_message(session, mission, lead, chunk_no=1)
        for state in ("assigned", "executing"):
            session.execute(text("UPDATE missions SET state = :s WHERE id = :id"), {"s": state, "id": mission.id})
        return mission


def ref(mission: Mission, epoch: int = 1) -> WorkRef:
    """The piece of work that sends the mission's first chunk."""
    return WorkRef(mission.tenant_id, mission.id, uuid4(), 1, epoch)


def messages(mission: Mission) -> list[str]:
    """The states of the mission's messages."""
    with db.transaction(mission.tenant_id) as session:
        return sorted(session.scalars(text("SELECT state FROM messages WHERE mission_id = :id"), {"id": mission.id}))
