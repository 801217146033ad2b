"""A dead address is given up, and nothing but that: not who shares a telephone, nor another way to the person."""

from uuid import UUID

from sqlalchemy import text

from rex_celery import db
from rex_celery.compliance.suppression import Person, Stop, suppress, suppressed_among
from rex_celery.integrations.base import ProviderEvent
from rex_celery.outreach.facts import store
from tests.factories import a_lead
from tests.outreach.enrolled import NOON, Clock, Crowd, Recorder, a_crowd

SWITCHBOARD = "+12025550101"


def _bounced(crowd: Crowd, number: int = 0) -> None:
    told = ProviderEvent("sendgrid", f"b{number}", "bounced", "webhook", NOON, crowd.rows()[number].id)  # type: ignore[attr-defined]
    with db.transaction(crowd.tenant) as session:
        store(session, crowd.tenant, [told], NOON)


def test_a_dead_mailbox_stops_nobody_who_shares_the_switchboard(tenant: UUID) -> None:
    crowd = a_crowd(tenant, 3, provider="sendgrid", phone=SWITCHBOARD)
    crowd.send(Clock(), Recorder())
    _bounced(crowd)
    with db.transaction(tenant) as session:
        assert session.execute(text("SELECT count(*) FROM enrolments WHERE state = 'stopped'")).scalar_one() == 1
        new = a_lead(session, tenant, email="grace@corrected.example.com", phone=SWITCHBOARD)
        assert suppressed_among(session, [new.id, *(lead.id for lead in crowd.leads)]) == {
            session.execute(text("SELECT lead_id FROM suppressions")).scalar_one(): "suppressed_bounce"
        }


def test_who_opts_out_is_still_everybody_with_the_number(tenant: UUID) -> None:
    crowd = a_crowd(tenant, 2, phone=SWITCHBOARD)
    with db.transaction(tenant) as session:
        suppress(session, tenant, Person(crowd.leads[0].id), Stop("suppressed_opt_out", "test"))
        assert len(suppressed_among(session, [lead.id for lead in crowd.leads])) == 2


def test_a_dead_number_is_not_texted_again_and_its_owner_still_gets_mail(tenant: UUID) -> None:
    crowd, at = a_crowd(tenant, phone=SWITCHBOARD), Clock()
    with db.transaction(tenant) as session:
        session.execute(
            text(
                "UPDATE messages SET channel = 'sms', recipient = :to, state = 'accepted', sent_at = :at"
                " WHERE position = 0"
            ),
            {"to": SWITCHBOARD, "at": NOON},
        )
    _bounced(crowd)
    with db.transaction(tenant) as session:
        lead = crowd.leads[0].id
        assert suppressed_among(session, [lead], "sms") == {lead: "suppressed_bounce"}
        assert suppressed_among(session, [lead], "email") == {}
    assert crowd.send(at.on(days=6) and at) == 1
    assert crowd.states("second") == ["accepted"]
