"""The built-in outbox: delivered in one commit with the claim, once, and never after a stop."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.compliance.suppression import Person, Stop, suppress
from rex_celery.models import Mission
from rex_celery.outreach import outbox
from tests.missions import asking
from tests.outreach.conftest import STOPS, messages, ref

Owner = psycopg.Connection[tuple[object, ...]]


def deliver(mission: Mission, most: int = 10) -> int | None:
    with db.transaction(mission.tenant_id) as session:
        return outbox.deliver(session, ref(mission), ["email"], most)


def test_a_chunk_is_delivered_once_with_its_leads_and_their_history(mission: Mission) -> None:
    assert (deliver(mission), deliver(mission)) == (3, 0)
    assert messages(mission) == ["accepted"] * 3
    assert sorted(asking.delivered(mission.tenant_id).values()) == [1, 1, 1]
    assert asking.leads_of(mission.tenant_id, mission.id) == {("sent", None): 3}
    told = "SELECT count(*) FROM lead_history WHERE mission_id = :id AND agent = 'outreach' AND state = 'sent'"
    assert asking.one(mission.tenant_id, told, id=mission.id) == 3


def test_many_at_once_deliver_each_message_once(mission: Mission) -> None:
    together = Barrier(4)

    def one(_: int) -> int | None:
        together.wait()
        return deliver(mission)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(4)))
    assert sorted(asking.delivered(mission.tenant_id).values()) == [1, 1, 1]


def test_a_chunk_may_be_delivered_in_parts(mission: Mission) -> None:
    assert [deliver(mission, 2) for _ in range(3)] == [2, 1, 0]


@pytest.mark.parametrize("stop", STOPS)
def test_nothing_is_delivered_once_a_stop_is_stored(mission: Mission, stop: str) -> None:
    with db.transaction(mission.tenant_id) as session:
        session.execute(text(stop), {"mission": mission.id, "tenant": mission.tenant_id})
    assert deliver(mission) is None
    assert messages(mission) == ["planned"] * 3


def test_a_person_suppressed_after_the_message_was_planned_gets_nothing(
    mission: Mission, owner_connection: Owner
) -> None:
    with db.transaction(mission.tenant_id) as session:
        lead = session.execute(text("SELECT lead_id FROM messages WHERE mission_id = :id"), {"id": mission.id}).scalar()
        suppress(session, mission.tenant_id, Person(lead_id=lead), Stop("suppressed_opt_out", "a test"))
    owner_connection.execute("UPDATE messages SET state = 'planned' WHERE lead_id = %s", [lead])
    owner_connection.execute("UPDATE outcomes SET state = 'pending', reason = NULL WHERE lead_id = %s", [lead])
    assert deliver(mission) == 3
    assert messages(mission) == ["accepted", "accepted", "suppressed"]
    assert asking.leads_of(mission.tenant_id, mission.id) == {
        ("sent", None): 2,
        ("suppressed", "suppressed_opt_out"): 1,
    }
