"""A list in which everything that can be wrong with a lead is wrong with somebody."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from rex_celery import clock, db
from rex_celery.compliance import consent
from rex_celery.compliance.consent import Agreement
from rex_celery.vocabulary import Channel
from tests.factories import a_lead, a_meeting, a_mission, a_sequence, a_suppression, an_enrolment, an_import

GIVEN = datetime(2026, 5, 1, tzinfo=UTC)
# Shortly before the noon at which most tests stand; where the clock is the real one, tests say ``lately()``.
LATELY = date(2026, 5, 20)

TEXTS = (
    {"key": "mail", "channel": "email", "day": 0, "subject": "For {{ company }}", "body": "Hello {{ first_name }}."},
    {"key": "text", "channel": "sms", "day": 2, "body": "Hi {{ first_name }}. Reply STOP to opt out."},
    {"key": "last", "channel": "email", "day": 5, "body": "Last word about {{ city }}, {{ first_name }}."},
)


def lately() -> date:
    """Ten days ago."""
    return clock.now().date() - timedelta(days=10)


def a_list(tenant: UUID, on: date = LATELY) -> tuple[UUID, dict[str, UUID]]:
    """The id of its import, and of each lead by what is so about them."""
    with db.transaction(tenant) as session:
        known = {name: {"last_activity_on": on, "phone": None, **fields} for name, fields in _LEADS.items()}
        leads = {name: a_lead(session, tenant, **fields) for name, fields in known.items()}
        imported = an_import(session, tenant, *leads.values())
        a_suppression(session, tenant, lead_id=leads["unsubscribed"].id)
        busy = a_mission(session, tenant, name="Another")
        an_enrolment(session, busy, leads["enrolled"], a_sequence(session, tenant))
        a_meeting(session, tenant, leads["meets us"], starts_at=clock.now() + timedelta(days=2))
        for name in ("texted", "far away"):
            consent.record(session, tenant, leads[name].id, Agreement(Channel.SMS, "form", "Text me", GIVEN))
        return imported.id, {name: lead.id for name, lead in leads.items()}


def a_big_list(tenant: UUID, people: int, on: date = LATELY) -> UUID:
    """So many people with nothing wrong about them."""
    with db.transaction(tenant) as session:
        rows = [a_lead(session, tenant, phone=None, last_activity_on=on) for _ in range(people)]
        return an_import(session, tenant, *rows).id


_LEADS: dict[str, dict[str, object]] = {
    "fine": {},
    "texted": {"phone": "+12025550143"},
    "far away": {"phone": "+18005550143", "region": None, "country": None, "timezone": None, "city": "Nowhere"},
    "no consent": {"phone": "+12125550143"},
    "unsubscribed": {},
    "enrolled": {},
    "meets us": {},
    "customer": {"deal_stage": "Closed Won"},
    "a function": {"email": "info@example.com"},
    "throw-away": {"email": "grace@mailinator.com"},
    "unreachable": {"email": None},
    "nameless": {"first_name": None},
    "no city": {"city": None},
    "no company": {"company": None},
    "spelled otherwise": {"email": "gra.ce@gmail.com"},
    "the same": {"email": "grace@gmail.com"},
}
