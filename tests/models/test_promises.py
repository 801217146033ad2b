"""What the database counts and refuses by itself: outcomes that add up, reasons, one message to a person."""

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rex_celery import db
from tests.factories import a_lead, a_message, a_mission

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
