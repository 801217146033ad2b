"""A mission in which people end in every way that there is, by the code that ends them."""

from uuid import UUID

from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.compliance import stops, suppression
from rex_celery.compliance.suppression import Person, Stop
from rex_celery.integrations.base import Delivery, ProviderEvent
from rex_celery.outreach import facts, failing
from tests.outreach.enrolled import NOON, Clock, Crowd, Recorder, a_crowd

FACTS = ("delivered", "deferred", "bounced", "complained", "blocked")


def a_mission_of_all_endings(tenant: UUID) -> Crowd:
    """Sent ones with all that may be told of them, refused ones, stopped ones, and some that still wait."""
    crowd = a_crowd(tenant, 16)
    leads = [lead.id for lead in crowd.leads]
    with clock.replaced(Clock(NOON)):
        _stopped(crowd, leads[:6])
    _send(crowd, 1, Delivery.UNKNOWN)
    _send(crowd, 1, Delivery.REJECTED)
    _send(crowd, 1, Delivery.DEFERRED)
    _send(crowd, len(FACTS), Delivery.ACCEPTED)
    with db.transaction(tenant) as session:
        sent = session.scalars(text("SELECT id FROM messages WHERE state = 'accepted' ORDER BY id")).all()
        told = [
            ProviderEvent("sendgrid", f"event-{id_}", kind, "webhook", NOON, message_id=id_)
            for id_, kind in zip(sent, FACTS, strict=True)
        ]
        facts.store(session, tenant, told, NOON)
        # Who got nothing at all because every message was refused has failed.
        refused = text("""
SELECT id FROM messages WHERE state = 'planned' AND lead_id IN (SELECT lead_id FROM messages WHERE state = 'failed')
""")
        failing.unsendable(session, tenant, session.scalars(refused).all(), "provider_rejected", NOON, state="failed")
    return crowd


def _stopped(crowd: Crowd, leads: list[UUID]) -> None:
    with db.transaction(crowd.tenant) as session:
        suppression.suppress(session, crowd.tenant, Person(leads[0]), Stop("suppressed_unsubscribed", "test"))
        for lead, reason in zip(leads[1:4], ("company_replied", "meeting_booked", "suppressed_reply"), strict=True):
            stops.stop_people(session, crowd.tenant, [lead], reason, NOON)
        stops.stop_people(session, crowd.tenant, [leads[4]], "rejected_by_person", NOON, state="skipped")
        both = text("SELECT id FROM messages WHERE lead_id = :lead")
        ids = session.scalars(both, {"lead": leads[5]}).all()
        failing.unsendable(session, crowd.tenant, ids, "schedule_unsatisfiable", NOON)


def _send(crowd: Crowd, many: int, answer: Delivery) -> None:
    """Have the provider answer so to the first messages of so many people; the others are put off until then."""
    with db.transaction(crowd.tenant) as session:
        due = text("SELECT id FROM messages WHERE state = 'planned' AND step_key = 'first' ORDER BY id")
        ids = session.scalars(due).all()
        later = text("UPDATE messages SET run_after = :at, wait_reason = NULL WHERE id = ANY(:ids)")
        session.execute(later, {"ids": list(ids), "at": NOON.replace(year=2027)})
        session.execute(later, {"ids": list(ids[:many]), "at": NOON})
        session.execute(text("UPDATE inboxes SET provider = 'smtp', next_free_at = NULL"))
        session.execute(text("DELETE FROM recipient_paces"))
    crowd.send(Clock(NOON), Recorder(answer=answer))
