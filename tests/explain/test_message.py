"""What would hold a message now, and that asking changes nothing."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.errors import NotFoundError
from rex_celery.explain import message
from rex_celery.explain.views import MessageExplained
from tests.factories import a_message, a_suppression
from tests.outreach.enrolled import NOON, Clock, Crowd, Recorder, a_crowd

SUNDAY = datetime(2026, 6, 7, 16, tzinfo=UTC)


def asked(crowd: Crowd, at: datetime = NOON, step: str = "first") -> MessageExplained:
    """The explanation of the crowd's only message of this step, after seeing that it changed nothing."""
    before = everything(crowd)
    with db.transaction(crowd.tenant) as session:
        [row] = crowd.rows(step)
        found = message.explain(session, crowd.tenant, row.id, at)  # type: ignore[attr-defined]
    assert everything(crowd) == before
    return found


def everything(crowd: Crowd) -> list[object]:
    tables = ("messages", "enrolments", "inboxes", "breakers", "cap_usage", "recipient_paces", "outcomes", "events")
    with db.transaction(crowd.tenant) as session:
        return [session.scalars(text(f"SELECT to_jsonb(t) FROM {one} AS t ORDER BY 1")).all() for one in tables]


def run(crowd: Crowd, query: str, **values: object) -> None:
    with db.transaction(crowd.tenant) as session:
        known = {"mission": crowd.mission.id, "inbox": crowd.inbox.id, "tenant": crowd.tenant, "now": NOON}
        session.execute(text(query), known | values)


def codes(found: MessageExplained) -> list[str]:
    return [one.code for one in found.holds]


def test_nothing_holds_a_message_that_is_due(tenant: UUID) -> None:
    found = asked(a_crowd(tenant))
    assert found.holds == []
    assert found.next_at == NOON
    assert found.window is not None
    assert (found.window.zone, found.window.source) == ("America/New_York", "region")
    assert found.window.closes_at == datetime(2026, 6, 2, 21, tzinfo=UTC)


HOLDS = {
    "sending_stopped": "UPDATE tenants SET sending_stopped_at = :now WHERE id = :tenant",
    "waiting_mission_paused": "UPDATE missions SET paused_at = :now WHERE id = :mission",
    "worker_lost": "UPDATE missions SET state = 'escalated', reason = 'worker_lost' WHERE id = :mission",
    "waiting_approval": "UPDATE messages SET wait_reason = 'waiting_approval' WHERE mission_id = :mission",
    "sender_paused": "UPDATE inboxes SET state = 'paused', reason = 'sender_paused' WHERE id = :inbox",
    "waiting_sender": "UPDATE inboxes SET state = 'suspended' WHERE id = :inbox",
    "waiting_gap": "UPDATE inboxes SET next_free_at = :later WHERE id = :inbox",
    "waiting_breaker": "INSERT INTO breakers (inbox_id, tenant_id, state, retry_at, updated_at)"
    " VALUES (:inbox, :tenant, 'open', :later, :now)",
    "waiting_out_of_office": "UPDATE enrolments SET resume_at = :later WHERE mission_id = :mission",
    "waiting_slowed": "INSERT INTO recipient_paces (tenant_id, inbox_id, recipient_provider, per_hour, hold_until,"
    " deferrals, updated_at) VALUES (:tenant, :inbox, 'other', 30, :later, 1, :now)",
}
NEEDS_SOMEBODY = {
    "sending_stopped",
    "waiting_mission_paused",
    "worker_lost",
    "waiting_approval",
    "sender_paused",
    "waiting_sender",
}


@pytest.mark.parametrize("code", HOLDS)
def test_what_holds_it_is_named_with_its_action_and_its_end(tenant: UUID, code: str) -> None:
    crowd, later = a_crowd(tenant), NOON + timedelta(hours=1)
    run(crowd, HOLDS[code], later=later)
    found = asked(crowd)
    assert codes(found) == [code]
    assert found.holds[0].text
    assert found.holds[0].action
    assert found.next_at == (None if code in NEEDS_SOMEBODY else later)
    # The same is so for who sends: nothing goes at this moment.
    assert crowd.send(Clock(NOON)) == 0


def test_several_holds_are_all_told_in_the_order_in_which_they_count(tenant: UUID) -> None:
    crowd = a_crowd(tenant)
    for code in ("waiting_gap", "waiting_approval", "waiting_mission_paused"):
        run(crowd, HOLDS[code], later=NOON + timedelta(hours=1))
    assert codes(asked(crowd)) == ["waiting_approval", "waiting_mission_paused", "waiting_gap"]


def test_a_closed_window_says_by_which_clocks_and_when_it_opens(tenant: UUID) -> None:
    found = asked(a_crowd(tenant), SUNDAY)
    [hold] = found.holds
    assert (hold.code, hold.zone, hold.source) == ("waiting_window", "America/New_York", "region")
    assert hold.until == found.next_at == datetime(2026, 6, 8, 13, tzinfo=UTC)


def test_a_holiday_is_told_as_one(tenant: UUID) -> None:
    assert codes(asked(a_crowd(tenant), datetime(2026, 12, 25, 16, tzinfo=UTC))) == ["waiting_holiday"]


def test_a_cap_says_how_much_is_used_of_how_much(tenant: UUID) -> None:
    crowd = a_crowd(tenant, 3)
    run(crowd, "UPDATE inboxes SET per_day = 2 WHERE id = :inbox")
    assert crowd.send(Clock(NOON)) == 2
    with db.transaction(tenant) as session:
        [left] = [row.id for row in crowd.rows() if row.state == "planned"]  # type: ignore[attr-defined]
        found = message.explain(session, tenant, left, NOON)
    [hold] = found.holds
    assert (hold.code, hold.used, hold.limit) == ("waiting_cap_inbox", 2, 2)
    assert hold.until == datetime(2026, 6, 3, tzinfo=UTC)
    assert ("inbox_day", 2, 2) in [(one.scope, one.used, one.limit) for one in found.caps]
    # The day is over, and the reader's window opens later.
    assert found.next_at == datetime(2026, 6, 3, 13, tzinfo=UTC)


def test_a_follow_up_waits_behind_one_that_is_put_off_for_three_days_at_most(tenant: UUID) -> None:
    crowd = a_crowd(tenant)
    crowd.send(Clock(NOON))
    run(crowd, "UPDATE messages SET state = 'deferred' WHERE step_key = 'first'")
    run(crowd, "UPDATE messages SET run_after = :now WHERE step_key = 'second'")
    assert "waiting_delivery" in codes(asked(crowd, NOON + timedelta(days=2), step="second"))
    assert codes(asked(crowd, NOON + timedelta(days=3, minutes=1), step="second")) == []


def test_pressure_holds_until_the_day_is_over(tenant: UUID) -> None:
    crowd = a_crowd(tenant)
    crowd.send(Clock(NOON))
    run(crowd, "UPDATE messages SET run_after = :now WHERE step_key = 'second'")
    found = asked(crowd, step="second")
    assert codes(found) == ["waiting_pressure"]
    assert found.next_at == NOON + timedelta(days=1)


def test_a_suppressed_reader_would_end_it(tenant: UUID) -> None:
    crowd = a_crowd(tenant)
    with db.transaction(tenant) as session:
        a_suppression(session, tenant, lead_id=crowd.leads[0].id)
    [hold] = asked(crowd).holds
    assert (hold.code, hold.final) == ("suppressed_unsubscribed", True)


def test_a_later_message_says_how_long_after_the_one_before(tenant: UUID) -> None:
    found = asked(a_crowd(tenant), step="second")
    assert (found.next_at, found.after_days, found.holds) == (None, 3, [])
    assert found.message.wait is not None
    assert found.message.wait.code == "waiting_delivery"


def test_a_message_that_left_tells_its_history_newest_first(tenant: UUID) -> None:
    crowd = a_crowd(tenant)
    crowd.send(Clock(NOON), Recorder())
    found = asked(crowd)
    assert found.holds == []
    assert found.message.state == "accepted"
    assert {"sent", "written", "delivery.accepted"} == {one.kind for one in found.history}
    assert [one.at for one in found.history] == sorted((one.at for one in found.history), reverse=True)


def test_an_answer_keeps_to_no_window_gap_or_cap_but_waits_for_its_inbox(tenant: UUID) -> None:
    crowd = a_crowd(tenant)
    with db.transaction(tenant) as session:
        fields = {"step_key": "answer:1", "inbox_id": crowd.inbox.id, "run_after": SUNDAY, "approved_at": SUNDAY}
        answer = a_message(session, crowd.mission, crowd.leads[0], **fields).id
        assert message.explain(session, tenant, answer, SUNDAY).holds == []
    run(crowd, HOLDS["waiting_gap"], later=SUNDAY + timedelta(hours=1))
    run(crowd, "UPDATE inboxes SET per_day = 0 WHERE id = :inbox")
    with db.transaction(tenant) as session:
        assert message.explain(session, tenant, answer, SUNDAY).holds == []
    run(crowd, HOLDS["sender_paused"])
    with db.transaction(tenant) as session:
        assert codes(message.explain(session, tenant, answer, SUNDAY)) == ["sender_paused"]


def test_a_message_of_another_tenant_does_not_exist(tenant: UUID, other_tenant: UUID) -> None:
    [row] = a_crowd(other_tenant).rows()
    with db.transaction(tenant) as session, pytest.raises(NotFoundError):
        message.explain(session, tenant, row.id, NOON)  # type: ignore[attr-defined]
