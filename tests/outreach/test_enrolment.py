"""Enrolling: one person in one sequence at a time, whoever comes first, and never somebody who was stopped."""

from collections.abc import Sequence as Several
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.compliance.suppression import Person, Stop, suppress
from rex_celery.models import Lead, Mission, Reply, Sequence
from rex_celery.outreach import enrolment
from rex_celery.outreach.enrolment import Enrolled
from rex_celery.outreach.pinning import Pinned
from rex_celery.work import WorkRef
from tests.factories import a_lead, a_meeting, a_message, a_mission, a_sequence, a_suppression, a_thread, an_outcome
from tests.missions import asking
from tests.missions.following import a_real_inbox, enrolments, messages, messages_add_up

NOW = datetime(2026, 6, 2, 15, tzinfo=UTC)
SENDER = {"name": "Ada", "email": "ada@acme.example.com", "postal_address": "1 Main Street"}


def people(tenant: UUID, number: int = 3) -> tuple[Sequence, list[Lead]]:
    with db.transaction(tenant) as session:
        return a_sequence(session, tenant), [a_lead(session, tenant, phone=None) for _ in range(number)]


def planned(tenant: UUID, sequence: Sequence, leads: Several[Lead], **fields: object) -> Mission:
    """A mission in which every step is written to each of these people."""
    with db.transaction(tenant) as session:
        params = {"sender": SENDER, "sequence": Pinned(sequence.id, 1).stored()}
        mission = a_mission(session, tenant, params=params, **fields)
        for lead in leads:
            an_outcome(session, mission, lead, chunk_no=1)
            for position, key in enumerate(("first", "second")):
                a_message(session, mission, lead, chunk_no=1, step_key=key, position=position)
        for state in ("assigned", "executing"):
            session.execute(text("UPDATE missions SET state = :s WHERE id = :id"), {"s": state, "id": mission.id})
        return mission


def enrol(mission: Mission) -> Enrolled:
    ref = WorkRef(mission.tenant_id, mission.id, uuid4(), 1, 1)
    with db.transaction(mission.tenant_id) as session:
        return enrolment.enrol(session, ref, mission.params, NOW)


def test_every_person_is_enrolled_once_with_all_their_messages(tenant: UUID) -> None:
    mission = planned(tenant, *people(tenant))
    assert enrol(mission) == Enrolled(3, 0)
    assert enrol(mission) == Enrolled(0, 0)
    assert enrolments(tenant, mission.id) == {("active", None): 3}
    assert messages_add_up(tenant, mission.id)
    due = "SELECT count(*) FROM messages WHERE mission_id = :id AND position = 0 AND run_after = :now"
    assert asking.one(tenant, due, id=mission.id, now=NOW) == 3


def test_a_step_that_was_skipped_when_it_was_written_counts_too_and_the_next_is_due(tenant: UUID) -> None:
    mission = planned(tenant, *people(tenant, 1))
    with db.transaction(tenant) as session:
        skipped = "UPDATE messages SET state = 'skipped', reason = 'no_channel' WHERE position = 0 AND mission_id = :id"
        session.execute(text(skipped), {"id": mission.id})
    enrol(mission)
    asked = "SELECT planned * 100 + skipped * 10 + pending FROM enrolments WHERE mission_id = :id"
    assert asking.one(tenant, asked, id=mission.id) == 211
    due = "SELECT step_key FROM messages WHERE mission_id = :id AND run_after IS NOT NULL"
    assert asking.one(tenant, due, id=mission.id) == "second"


def test_missions_that_race_for_the_same_people_get_each_of_them_once(tenant: UUID) -> None:
    sequence, leads = people(tenant, 20)  # P35
    rivals = [planned(tenant, sequence, order) for order in (leads, leads[::-1], leads[5:] + leads[:5], leads)]
    together = Barrier(len(rivals))

    def race(mission: Mission) -> Enrolled:
        together.wait()
        return enrol(mission)

    with ThreadPoolExecutor(len(rivals)) as pool:
        came_to = list(pool.map(race, rivals))
    assert sum(one.enrolled for one in came_to) == 20
    assert sum(one.elsewhere for one in came_to) == 60
    active = "SELECT count(*) - count(DISTINCT lead_id) FROM enrolments WHERE state = 'active' AND tenant_id = :t"
    assert asking.one(tenant, active, t=tenant) == 0
    for mission, one in zip(rivals, came_to, strict=True):
        leads_of = asking.leads_of(tenant, mission.id)
        assert leads_of == +leads_of.__class__(
            {("pending", None): one.enrolled, ("skipped", "already_enrolled"): one.elsewhere}
        )
        assert messages(tenant, mission.id)[("second", "skipped", "already_enrolled")] == one.elsewhere


def test_who_was_suppressed_meanwhile_is_held_back(tenant: UUID) -> None:
    sequence, leads = people(tenant)  # P5
    mission = planned(tenant, sequence, leads)
    with db.transaction(tenant) as session:
        a_suppression(session, tenant, email=leads[0].email, reason="suppressed_opt_out")
    assert enrol(mission).enrolled == 2
    assert asking.leads_of(tenant, mission.id)[("suppressed", "suppressed_opt_out")] == 1
    assert messages(tenant, mission.id)[("first", "suppressed", "suppressed_opt_out")] == 1


def test_whose_messages_were_taken_back_is_not_enrolled(tenant: UUID) -> None:
    sequence, leads = people(tenant)
    mission = planned(tenant, sequence, leads)
    with db.transaction(tenant) as session:
        suppress(session, tenant, Person(lead_id=leads[0].id), Stop("suppressed_opt_out", "a test"))
    assert enrol(mission).enrolled == 2


def test_who_is_through_another_sequence_may_be_enrolled_again(tenant: UUID) -> None:
    sequence, leads = people(tenant)
    first, second = (planned(tenant, sequence, leads) for _ in range(2))
    enrol(first)
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE enrolments SET state = 'completed' WHERE mission_id = :id"), {"id": first.id})
    assert enrol(second) == Enrolled(3, 0)


def test_a_person_keeps_one_inbox_for_the_whole_sequence(tenant: UUID) -> None:
    inboxes = {a_real_inbox(tenant).id for _ in range(2)}
    mission = planned(tenant, *people(tenant, 6))
    enrol(mission)
    asked = text("SELECT count(DISTINCT inbox_id) FROM messages WHERE mission_id = :id GROUP BY lead_id")
    with db.transaction(tenant) as session:
        assert set(session.scalars(asked, {"id": mission.id})) == {1}
        used = session.scalars(
            text("SELECT DISTINCT inbox_id FROM messages WHERE mission_id = :id"), {"id": mission.id}
        )
        assert set(used) == inboxes


def test_each_strategy_gets_its_form_of_a_family(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        heavy, light = a_sequence(session, tenant), a_sequence(session, tenant)
    mission = planned(tenant, *people(tenant, 2))
    forms = {"multi_channel": Pinned(heavy.id, 1).stored(), "soft_touch": Pinned(light.id, 1).stored()}
    mission.params = {"sender": SENDER, "sequence": {"family": forms}}
    with db.transaction(tenant) as session:
        one = (
            "UPDATE outcomes SET strategy = 'multi_channel' WHERE lead_id = (SELECT min(lead_id::text)::uuid FROM"
            " outcomes WHERE mission_id = :id)"
        )
        session.execute(text(one), {"id": mission.id})
    enrol(mission)
    asked = text("SELECT sequence_id FROM enrolments WHERE mission_id = :id")
    with db.transaction(tenant) as session:
        assert set(session.scalars(asked, {"id": mission.id})) == {heavy.id, light.id}


@pytest.mark.parametrize(("days", "state", "enrolled"), [(3, "closed", 0), (40, "open", 0), (40, "closed", 1)])
def test_whoever_wrote_lately_or_waits_for_an_answer_is_not_written_to_anew(
    tenant: UUID, days: int, state: str, enrolled: int
) -> None:
    sequence, leads = people(tenant, 1)
    at = NOW - timedelta(days=days)
    with db.transaction(tenant) as session:
        thread = a_thread(session, tenant, leads[0], state=state, last_at=at)
        address = {"sender": "grace@example.com", "recipient": "ada@acme.example.com"}
        session.add(
            Reply(
                tenant_id=tenant, thread_id=thread.id, lead_id=leads[0].id, channel="email", kind="reply",
                external_id=f"<{uuid4()}@people.example>", received_at=at, **address,
            )
        )  # fmt: skip
    mission = planned(tenant, sequence, leads)
    assert enrol(mission) == Enrolled(enrolled, 0)
    if not enrolled:
        assert (
            asking.one(tenant, "SELECT reason FROM outcomes WHERE mission_id = :id", id=mission.id)
            == "suppressed_reply"
        )


@pytest.mark.parametrize(("days", "state", "enrolled"), [(2, "booked", 0), (2, "cancelled", 1), (-2, "booked", 1)])
def test_whoever_is_going_to_meet_us_is_not_written_to_anew(tenant: UUID, days: int, state: str, enrolled: int) -> None:
    sequence, leads = people(tenant, 1)
    with db.transaction(tenant) as session:
        a_meeting(session, tenant, leads[0], starts_at=NOW + timedelta(days=days), state=state)
    mission = planned(tenant, sequence, leads)
    assert enrol(mission) == Enrolled(enrolled, 0)
    if not enrolled:
        reason = "SELECT reason FROM outcomes WHERE mission_id = :id"
        assert asking.one(tenant, reason, id=mission.id) == "meeting_booked"
