"""What the database counts and refuses by itself: outcomes that add up, reasons, one message to a person."""

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rex_celery import db
from tests.factories import a_lead, a_message, a_mission, a_sequence, an_enrolment

STATES = ("pending", "sent", "suppressed", "skipped", "failed")
Batch = tuple[str, int, str]
BATCHES = st.lists(
    st.tuples(st.sampled_from(("insert", "update", "delete")), st.integers(1, 30), st.sampled_from(STATES)),
    min_size=1,
    max_size=12,
)
INSERT = text("""
WITH new AS (INSERT INTO leads (id, tenant_id, email)
             SELECT gen_random_uuid(), :tenant, gen_random_uuid() || '@example.com'
             FROM generate_series(1, :most) RETURNING id)
INSERT INTO outcomes (tenant_id, mission_id, lead_id, chunk_no, state, reason)
SELECT :tenant, :mission, id, row_number() OVER () % 3, :state, 'customer' FROM new
""")
UPDATE = text("""
UPDATE outcomes SET state = :state, reason = 'customer' WHERE (mission_id, lead_id) IN
  (SELECT mission_id, lead_id FROM outcomes WHERE mission_id = :mission ORDER BY lead_id LIMIT :most)
""")
DELETE = text("""
DELETE FROM outcomes WHERE (mission_id, lead_id) IN
  (SELECT mission_id, lead_id FROM outcomes WHERE mission_id = :mission AND state = :state LIMIT :most)
""")
_EACH = ", ".join(f"count(*) FILTER (WHERE state = '{state}') AS {state}" for state in STATES)
COUNTED = text(f"SELECT count(*), {_EACH} FROM outcomes WHERE mission_id = :mission")
KEPT = text(f"SELECT planned, {', '.join(STATES)} FROM mission_progress WHERE mission_id = :mission")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=BATCHES)
def test_the_counters_are_the_count_of_the_rows_whatever_happens_to_them(tenant: UUID, batches: list[Batch]) -> None:
    with db.transaction(tenant) as session:
        mission = a_mission(session, tenant).id
        for batch in batches:
            apply(session, tenant, mission, batch)
            counted = session.execute(COUNTED, {"mission": mission}).one()
            kept = session.execute(KEPT, {"mission": mission}).one()
            assert tuple(kept) == tuple(counted)


@pytest.mark.parametrize("column", ["planned", *STATES])
def test_counters_that_do_not_add_up_are_refused(full_tenant: UUID, column: str) -> None:
    with pytest.raises(IntegrityError, match="adds_up"):
        change(full_tenant, f"UPDATE outcome_counters SET {column} = {column} + 1")


def test_a_lead_that_is_not_messaged_has_a_reason(full_tenant: UUID) -> None:
    for state in ("suppressed", "skipped", "failed"):
        with pytest.raises(IntegrityError, match="reason"):
            change(full_tenant, f"UPDATE outcomes SET state = '{state}', reason = NULL")


def test_the_send_ledger_takes_a_message_to_a_person_once(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        lead, mission = a_lead(session, tenant), a_mission(session, tenant)
        a_message(session, mission, lead)
        with pytest.raises(IntegrityError, match="uq_messages"), session.begin_nested():
            a_message(session, mission, lead)


def apply(session: Session, tenant: UUID, mission: UUID, batch: Batch) -> None:
    kind, most, state = batch
    statement = {"insert": INSERT, "update": UPDATE, "delete": DELETE}[kind]
    values = {"mission": mission, "most": most, "state": state}
    session.execute(statement, values | ({"tenant": tenant} if kind == "insert" else {}))


def change(tenant: UUID, statement: str) -> None:
    with db.transaction(tenant) as session:
        session.execute(text(statement))


STANDING = ("planned", "claimed", "submitted")
LEFT = ("unknown", "accepted", "deferred", "delivered", "bounced", "replied", "complained")
ENDED = ("suppressed", "skipped", "failed", "cancelled")
SUM = text("""
SELECT e.planned, e.sent, e.suppressed, e.skipped, e.failed, e.pending FROM enrolments AS e WHERE e.id = :enrolment
""")
COUNT = text("""
SELECT count(*), count(*) FILTER (WHERE state = ANY(:left)), count(*) FILTER (WHERE state = 'suppressed'),
  count(*) FILTER (WHERE state IN ('skipped', 'cancelled')), count(*) FILTER (WHERE state = 'failed'),
  count(*) FILTER (WHERE state = ANY(:standing)) FROM messages WHERE enrolment_id = :enrolment
""")
MOVE = text("UPDATE messages SET state = :state, reason = 'customer' WHERE id = :id")
MESSAGE_STEPS = st.lists(
    st.tuples(st.sampled_from(("insert", "link", "move", "delete")), st.integers(0, 5), st.sampled_from(LEFT + ENDED)),
    min_size=1,
    max_size=15,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings=MESSAGE_STEPS)
def test_an_enrolment_counts_its_messages_whatever_happens_to_them(
    tenant: UUID, happenings: list[tuple[str, int, str]]
) -> None:
    with db.transaction(tenant) as session:
        lead, mission = a_lead(session, tenant), a_mission(session, tenant)
        enrolment = an_enrolment(session, mission, lead, a_sequence(session, tenant), state="completed").id
        for number, (kind, which, state) in enumerate(happenings):
            ids = session.scalars(text("SELECT id FROM messages WHERE mission_id = :m ORDER BY id"), {"m": mission.id})
            known = ids.all()
            chosen = known[which % len(known)] if known else None
            if kind == "insert" or chosen is None:
                linked = {"enrolment_id": enrolment} if which % 2 else {}
                a_message(session, mission, lead, step_key=f"step-{number}", **linked)
            elif kind == "link":
                values = {"e": enrolment, "id": chosen}
                session.execute(text("UPDATE messages SET enrolment_id = :e WHERE id = :id"), values)
            elif kind == "delete":
                session.execute(text("DELETE FROM messages WHERE id = :id"), {"id": chosen})
            else:
                move_if_allowed(session, chosen, state)
            values = {"enrolment": enrolment, "left": list(LEFT), "standing": list(STANDING)}
            assert tuple(session.execute(SUM, values).one()) == tuple(session.execute(COUNT, values).one())


@pytest.mark.parametrize("column", ["planned", "sent", "suppressed", "skipped", "failed", "pending"])
def test_an_enrolment_that_does_not_add_up_is_refused(full_tenant: UUID, column: str) -> None:
    with pytest.raises(IntegrityError, match="adds_up"):
        change(full_tenant, f"UPDATE enrolments SET {column} = {column} + 1")


@pytest.mark.parametrize("before", LEFT)
@pytest.mark.parametrize("after", STANDING + LEFT + ENDED)
def test_what_is_known_of_a_message_only_ever_becomes_more(tenant: UUID, before: str, after: str) -> None:
    forward = after in LEFT and LEFT.index(after) >= LEFT.index(before)
    dropped = after == "failed" and before in {"unknown", "accepted", "deferred"}
    with db.transaction(tenant) as session:
        message = a_message(session, a_mission(session, tenant), a_lead(session, tenant), state=before).id
        if forward or dropped:
            session.execute(MOVE, {"state": after, "id": message})
            return
        with pytest.raises(IntegrityError, match="cannot go back"), session.begin_nested():
            session.execute(MOVE, {"state": after, "id": message})


@pytest.mark.parametrize("state", [*STANDING, *LEFT, *ENDED])
def test_what_has_not_left_may_still_become_anything(tenant: UUID, state: str) -> None:
    with db.transaction(tenant) as session:
        message = a_message(session, a_mission(session, tenant), a_lead(session, tenant)).id
        session.execute(MOVE, {"state": state, "id": message})


def test_a_person_is_on_their_way_through_one_sequence_at_a_time(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        lead, mission, sequence = a_lead(session, tenant), a_mission(session, tenant), a_sequence(session, tenant)
        an_enrolment(session, mission, lead, sequence, state="completed")
        an_enrolment(session, mission, lead, sequence)
        with pytest.raises(IntegrityError, match="uq_enrolments_one_active"), session.begin_nested():
            an_enrolment(session, a_mission(session, tenant), lead, sequence)


@pytest.mark.parametrize("state", ["claimed", "submitted", "accepted"])
def test_a_message_that_waits_for_approval_cannot_leave_without_it(tenant: UUID, state: str) -> None:
    with db.transaction(tenant) as session:
        mission, lead = a_mission(session, tenant), a_lead(session, tenant)
        message = a_message(session, mission, lead, wait_reason="waiting_approval").id
        with pytest.raises(IntegrityError, match="nobody approved"), session.begin_nested():
            session.execute(MOVE, {"state": state, "id": message})
        other = text("UPDATE messages SET wait_reason = 'waiting_not_due' WHERE id = :id RETURNING wait_reason")
        assert session.execute(other, {"id": message}).scalar_one() == "waiting_approval"
        approved = text("UPDATE messages SET wait_reason = NULL, approved_at = now() WHERE id = :id")
        session.execute(approved, {"id": message})
        session.execute(MOVE, {"state": state, "id": message})


def move_if_allowed(session: Session, message: UUID, state: str) -> None:
    try:
        with session.begin_nested():
            session.execute(MOVE, {"state": state, "id": message})
    except IntegrityError as error:
        assert "cannot go back" in str(error)  # noqa: PT017  any other refusal would be a defect
