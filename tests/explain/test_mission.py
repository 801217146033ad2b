"""A mission explained: it adds up, everything not sent has a reason with an action, and what blocks it is named."""

from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from rex_celery import db
from rex_celery.errors import NotFoundError
from rex_celery.explain import mission
from rex_celery.explain.views import MissionExplained
from rex_celery.reasons import REASONS
from tests.explain.endings import a_mission_of_all_endings
from tests.factories import a_message
from tests.outreach.enrolled import NOON, Clock, Crowd, Recorder, a_crowd

SENT = {"unknown", "accepted", "deferred", "delivered", "bounced", "replied", "complained"}


def asked(crowd: Crowd, at: datetime = NOON) -> MissionExplained:
    with db.transaction(crowd.tenant) as session:
        return mission.explain(session, crowd.mission.id, at)


def run(crowd: Crowd, query: str) -> None:
    with db.transaction(crowd.tenant) as session:
        session.execute(text(query), {"mission": crowd.mission.id, "inbox": crowd.inbox.id, "now": NOON})


def test_every_kind_of_ending_adds_up_and_equals_the_rows(tenant: UUID) -> None:
    found = asked(a_mission_of_all_endings(tenant))
    assert found.leads.adds_up
    assert found.leads.equals_rows
    assert found.messages is not None
    assert found.messages.adds_up
    assert found.messages.equals_rows
    counts, messages = found.leads.counters, found.messages.counters
    assert (counts.planned, messages.planned) == (16, 32)
    assert all((counts.sent, counts.suppressed, counts.skipped, counts.failed, counts.pending))
    assert all((messages.sent, messages.suppressed, messages.skipped, messages.failed, messages.pending))
    assert sum(one.count for one in found.outcomes) == 16
    assert sum(one.count for one in found.unsent) == messages.suppressed + messages.skipped + messages.failed
    assert sum(one.count for one in found.waiting) == messages.pending


def test_every_message_that_was_not_sent_has_a_reason_with_an_action(tenant: UUID) -> None:
    crowd = a_mission_of_all_endings(tenant)
    found = asked(crowd)
    with db.transaction(tenant) as session:
        states = session.execute(text("SELECT state, count(*) FROM messages GROUP BY state")).all()
    unsent = {row.state: row.count for row in states if row.state not in SENT}
    assert sum(one.count for one in (*found.unsent, *found.waiting)) == sum(unsent.values())
    for tally in (*found.unsent, *found.waiting):
        assert tally.why is not None
        assert REASONS[tally.why.code].action == tally.why.action
        assert tally.why.action
    for outcome in found.outcomes:
        assert outcome.state in {"sent", "pending"} or (outcome.why and outcome.why.code in REASONS)


@pytest.mark.parametrize("table", ["outcome_counters", "enrolments"])
def test_the_database_refuses_counters_that_do_not_add_up(tenant: UUID, table: str) -> None:
    crowd = a_crowd(tenant)
    with pytest.raises(IntegrityError, match="adds_up"):
        run(crowd, f"UPDATE {table} SET sent = sent + 1 WHERE mission_id = :mission")


def test_counters_that_differ_from_the_rows_show(
    tenant: UUID, owner_connection: psycopg.Connection[tuple[object, ...]]
) -> None:
    crowd = a_crowd(tenant)
    # Such a thing can only be done past the triggers, by whoever owns the database.
    with owner_connection.transaction():
        owner_connection.execute("SET LOCAL session_replication_role = replica")
        owner_connection.execute("UPDATE outcomes SET state = 'sent' WHERE mission_id = %s", [crowd.mission.id])
        owner_connection.execute("UPDATE messages SET state = 'accepted' WHERE mission_id = %s", [crowd.mission.id])
    found = asked(crowd)
    assert found.messages is not None
    assert (found.leads.adds_up, found.leads.equals_rows) == (True, False)
    assert (found.messages.adds_up, found.messages.equals_rows) == (True, False)


def test_what_comes_next_is_told_by_day_and_who_sends_it(tenant: UUID) -> None:
    crowd = a_crowd(tenant, 3)
    found = asked(crowd)
    assert found.next_at == NOON
    assert [(one.day.isoformat(), one.channel, one.count) for one in found.upcoming] == [("2026-06-02", "email", 3)]
    [sender] = found.senders
    assert (sender.inbox_id, sender.waiting, sender.sent, sender.holds) == (crowd.inbox.id, 6, 0, [])
    assert {one.why.code: one.count for one in found.waiting} == {"waiting_turn": 3, "waiting_delivery": 3}
    assert found.holds == []
    crowd.send(Clock(NOON))
    assert asked(crowd).next_at == datetime(2026, 6, 5, 16, tzinfo=UTC)


BLOCKS = {
    "waiting_mission_paused": "UPDATE missions SET paused_at = :now WHERE id = :mission",
    "sending_stopped": "UPDATE tenants SET sending_stopped_at = :now",
    "waiting_approval": "UPDATE messages SET wait_reason = 'waiting_approval' WHERE mission_id = :mission",
    "sender_paused": "UPDATE inboxes SET state = 'paused', reason = 'sender_paused' WHERE id = :inbox",
    "worker_lost": "UPDATE missions SET state = 'escalated', reason = 'worker_lost' WHERE id = :mission",
}


@pytest.mark.parametrize("code", BLOCKS)
def test_what_blocks_the_whole_mission_is_named(tenant: UUID, code: str) -> None:
    crowd = a_crowd(tenant)
    run(crowd, BLOCKS[code])
    found = asked(crowd)
    assert [one.code for one in found.holds] == [code]
    assert found.holds[0].action
    assert found.holds[0].text in found.summary


def test_one_paused_inbox_of_two_does_not_block_the_mission(tenant: UUID) -> None:
    crowd = a_crowd(tenant, 2)
    run(
        crowd,
        "INSERT INTO inboxes (id, tenant_id, channel, provider, address) SELECT gen_random_uuid(), tenant_id,"
        " 'email', 'outbox', 'other@acme.example.com' FROM inboxes WHERE id = :inbox",
    )
    run(
        crowd,
        "UPDATE messages SET inbox_id = (SELECT id FROM inboxes WHERE id <> :inbox LIMIT 1)"
        " WHERE lead_id = (SELECT min(lead_id::text)::uuid FROM messages WHERE mission_id = :mission)",
    )
    run(crowd, BLOCKS["sender_paused"])
    found = asked(crowd)
    assert found.holds == []
    assert sorted(len(one.holds) for one in found.senders) == [0, 1]


def test_a_proposed_answer_holds_nothing_but_itself(tenant: UUID) -> None:
    crowd = a_crowd(tenant)
    with db.transaction(tenant) as session:
        answer = {"step_key": "answer:1", "wait_reason": "waiting_approval", "inbox_id": crowd.inbox.id}
        a_message(session, crowd.mission, crowd.leads[0], **answer)
    found = asked(crowd)
    assert found.holds == []
    assert found.summary == "It is executing; the next message is due now."
    assert {one.why.code for one in found.waiting} > {"waiting_approval"}


def test_a_sender_that_rests_for_its_cap_says_so(tenant: UUID) -> None:
    crowd = a_crowd(tenant, 3, provider="smtp")
    run(crowd, "UPDATE inboxes SET per_day = 1, gap_seconds = 0, jitter_seconds = 0")
    crowd.send(Clock(NOON), Recorder())
    found = asked(crowd)
    [sender] = found.senders
    assert [one.code for one in sender.holds] == ["waiting_cap_inbox"]
    assert [one.code for one in found.holds] == ["waiting_cap_inbox"]
    assert (found.holds[0].used, found.holds[0].limit) == (1, 1)


def test_a_mission_of_another_tenant_does_not_exist(tenant: UUID, other_tenant: UUID) -> None:
    crowd = a_crowd(other_tenant)
    with db.transaction(tenant) as session, pytest.raises(NotFoundError):
        mission.explain(session, crowd.mission.id, NOON)
