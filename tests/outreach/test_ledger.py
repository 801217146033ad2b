"""The send ledger: claimed before it leaves, recorded after, never twice and never after a stop."""

import psycopg
import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.compliance.suppression import Person, Stop, suppress
from rex_celery.models import Mission
from rex_celery.outreach import ledger
from rex_celery.outreach.ledger import Claimed, Result
from tests.missions import asking
from tests.outreach.conftest import STOPS, messages, ref

Owner = psycopg.Connection[tuple[object, ...]]


def claim(mission: Mission, most: int = 10, epoch: int = 1) -> list[Claimed] | None:
    with db.transaction(mission.tenant_id) as session:
        return ledger.claim(session, ref(mission, epoch), "smtp", ["email"], most)


def record(mission: Mission, *results: Result) -> None:
    with db.transaction(mission.tenant_id) as session:
        ledger.record(session, ref(mission), results)


def test_a_claim_takes_exactly_as_many_as_asked_for_and_none_twice(mission: Mission) -> None:
    first, rest = claim(mission, 1), claim(mission)
    assert first is not None
    assert rest is not None
    assert (len(first), len(rest), claim(mission)) == (1, 2, [])
    assert len({message.id for message in first + rest}) == 3
    assert messages(mission) == ["claimed"] * 3


@pytest.mark.parametrize("stop", STOPS)
def test_nothing_is_claimed_once_a_stop_is_stored(mission: Mission, stop: str) -> None:
    with db.transaction(mission.tenant_id) as session:
        session.execute(text(stop), {"mission": mission.id, "tenant": mission.tenant_id})
    assert claim(mission) is None
    assert messages(mission) == ["planned"] * 3


def test_a_person_suppressed_between_plan_and_claim_is_not_written_to(
    mission: Mission, owner_connection: Owner
) -> None:
    with db.transaction(mission.tenant_id) as session:  # P5
        lead = session.execute(text("SELECT lead_id FROM messages WHERE mission_id = :id"), {"id": mission.id}).scalar()
        suppress(session, mission.tenant_id, Person(lead_id=lead), Stop("suppressed_opt_out", "a test"))
    # Even if that had not taken the message back, the claim looks into the ledger itself.
    owner_connection.execute("UPDATE messages SET state = 'planned' WHERE lead_id = %s", [lead])
    owner_connection.execute("UPDATE outcomes SET state = 'pending', reason = NULL WHERE lead_id = %s", [lead])
    claimed = claim(mission)
    assert claimed is not None
    assert lead not in {message.lead_id for message in claimed}
    assert messages(mission) == ["claimed", "claimed", "suppressed"]
    assert asking.leads_of(mission.tenant_id, mission.id)[("suppressed", "suppressed_opt_out")] == 1


def test_a_result_settles_message_and_lead(mission: Mission) -> None:
    claimed = claim(mission)
    assert claimed is not None
    accepted, refused, unsure = claimed
    record(
        mission,
        Result(accepted, "accepted", provider_id="queue-1"),
        Result(refused, "failed", "provider_rejected", "550 5.1.1"),
        Result(unsure, "unknown", ledger.ASSUMED),
    )
    assert messages(mission) == ["accepted", "failed", "unknown"]
    assert asking.leads_of(mission.tenant_id, mission.id) == {
        ("sent", None): 1,
        ("failed", "provider_rejected"): 1,
        ("sent", ledger.ASSUMED): 1,
    }


def test_a_message_whose_sender_died_in_mid_call_is_never_sent_again(mission: Mission) -> None:
    claim(mission)  # P3
    with db.transaction(mission.tenant_id) as session:
        ledger.settle_claimed(session, mission.id, 1)
    assert messages(mission) == ["unknown"] * 3
    assert claim(mission) == []
    assert asking.leads_of(mission.tenant_id, mission.id) == {("sent", ledger.ASSUMED): 3}


def test_the_answer_of_a_sender_thought_dead_still_counts(mission: Mission) -> None:
    claimed = claim(mission, 1)
    assert claimed is not None
    with db.transaction(mission.tenant_id) as session:
        ledger.settle_claimed(session, mission.id, 1)
    record(mission, Result(claimed[0], "accepted"))
    assert messages(mission) == ["accepted", "planned", "planned"]
    assert asking.leads_of(mission.tenant_id, mission.id) == {("sent", None): 1, ("pending", None): 2}


def test_a_late_no_is_told_as_a_no(mission: Mission) -> None:
    claimed = claim(mission, 1)
    assert claimed is not None
    with db.transaction(mission.tenant_id) as session:
        ledger.settle_claimed(session, mission.id, 1)
    record(mission, Result(claimed[0], "failed", "invalid_mailbox", "550 5.1.1"))
    assert messages(mission) == ["failed", "planned", "planned"]
    assert asking.leads_of(mission.tenant_id, mission.id)[("failed", "invalid_mailbox")] == 1


def test_a_claim_that_is_fresh_is_left_alone_by_the_sweeper(mission: Mission) -> None:
    claim(mission)
    with db.transaction(mission.tenant_id) as session:
        ledger.settle_claimed(session, mission.id)
    assert messages(mission) == ["claimed"] * 3


def test_what_was_given_back_can_be_claimed_again_and_counts_its_attempts(mission: Mission) -> None:
    claimed = claim(mission, 1)
    assert claimed is not None
    with db.transaction(mission.tenant_id) as session:
        ledger.unclaim(session, claimed)
    again = claim(mission)
    assert again is not None
    assert sorted(message.attempts for message in again) == [1, 1, 2]
