"""What is claimed first, and that what may not go hides nothing that may."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from rex_celery import db
from rex_celery.models import Inbox
from rex_celery.outreach import due
from tests.factories import a_lead, a_mission, a_sequence
from tests.outreach.enrolled import NOON, Crowd, a_crowd, begin, enrol


def _claimed(crowd: Crowd, most: int) -> list[UUID]:
    with db.transaction(crowd.tenant) as session:
        return [one.row.mission_id for one in due.claim(session, crowd.tenant, crowd.inbox.id, NOON, most).claimed]


def test_the_more_urgent_mission_goes_first_however_late_it_came(tenant: UUID) -> None:
    crowd = a_crowd(tenant, 3, now=NOON - timedelta(hours=1))
    with db.transaction(tenant) as session:
        urgent, sequence = a_mission(session, tenant, priority=90), a_sequence(session, tenant)
        begin(session, urgent)
        inbox = session.get_one(Inbox, crowd.inbox.id)
        for _ in range(3):
            enrol(session, urgent, a_lead(session, tenant), inbox, sequence, NOON)
    assert _claimed(crowd, 4) == [urgent.id] * 3 + [crowd.mission.id]
    assert _claimed(crowd, 4) == [crowd.mission.id] * 2


def test_people_who_are_away_hide_nobody_who_is_there(tenant: UUID) -> None:
    crowd = a_crowd(tenant, 5)
    with db.transaction(tenant) as session:
        away = "UPDATE enrolments SET resume_at = :then WHERE lead_id = ANY(:leads)"
        session.execute(text(away), {"then": NOON + timedelta(days=1), "leads": [one.id for one in crowd.leads[:4]]})
        session.execute(
            text("UPDATE messages SET run_after = :later WHERE lead_id = :lead AND position = 0"),
            {"later": NOON - timedelta(seconds=1), "lead": crowd.leads[0].id},
        )
    assert len(_claimed(crowd, 1)) == 1


def test_a_paused_campaign_holds_its_mission_and_no_other(tenant: UUID) -> None:
    crowd = a_crowd(tenant, 2)
    with db.transaction(tenant) as session:
        campaign = session.execute(
            text(
                "INSERT INTO campaigns (id, tenant_id, name, sequence_id, paused_at)"
                " SELECT gen_random_uuid(), tenant_id, 'spring', id, now() FROM sequences LIMIT 1 RETURNING id"
            )
        ).scalar_one()
        held, sequence = a_mission(session, tenant, priority=90, campaign_id=campaign), a_sequence(session, tenant)
        begin(session, held)
        enrol(session, held, a_lead(session, tenant), session.get_one(Inbox, crowd.inbox.id), sequence, NOON)
    assert _claimed(crowd, 5) == [crowd.mission.id] * 2
