"""No route shows or touches a row of another tenant."""

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import bus, db
from rex_celery.events import MissionPaused
from rex_celery.models import (
    BookingPage,
    Campaign,
    Consent,
    ImportRejection,
    InboundEvent,
    Meeting,
    Simulation,
    Snippet,
    Todo,
    WebhookDelivery,
    WebhookEndpoint,
)
from tests.factories import (
    a_connection,
    a_lead,
    a_message,
    a_mission,
    a_sequence,
    a_step,
    a_suppression,
    a_thread,
    an_import,
    an_inbox,
    an_outcome,
)
from tests.web.conftest import Someone

API = "/api/rex"
# Routes that answer about the installation or the caller alone; each is named so that a new route must be sorted in.
NOTHING_OF_TENANTS = {"/docs", "/docs/<path:name>", "/docs/start.js", "/health/live", "/health/ready", "/metrics"}
NOTHING_OF_TENANTS |= {"/suppressions/import", "/consents/import"}
NOTHING_OF_TENANTS |= {"/openapi.json", "/session", "/session/link", "/leads/import", "/missions/bulk"}
# Each post proves that it belongs to the connection's tenant, and shows nothing.
NOTHING_OF_TENANTS |= {f"/webhooks/sendgrid/{kind}/<connection_id>" for kind in ("events", "inbound")}
NOTHING_OF_TENANTS |= {f"/webhooks/twilio/{kind}/<connection_id>" for kind in ("status", "inbound")}
NOTHING_OF_TENANTS |= {"/webhooks/calendly/<connection_id>"}
READ = {
    "/missions": 200,
    "/missions/<mission_id>": 404,
    "/missions/<mission_id>/log": 404,
    "/missions/<mission_id>/outcomes": 404,
    "/missions/<mission_id>/messages": 404,
    "/messages/<message_id>": 404,
    "/messages/<message_id>.eml": 404,
    "/leads": 200,
    "/leads/<lead_id>": 404,
    "/leads/imports": 200,
    "/leads/imports/<import_id>": 404,
    "/leads/imports/<import_id>/rejections": 404,
    "/events": 200,
    "/agents/status": 200,
    "/status": 200,
    "/settings": 200,
    "/webhooks/in": 200,
    "/suppressions": 200,
    "/suppressions/export": 200,
    "/consents": 200,
    "/consents/export": 200,
    "/approvals": 200,
}
CHANGE = {f"/missions/<mission_id>/{action}": 404 for action in ("cancel", "pause", "resume", "retry", "approve")}
CHANGE["/webhooks/in/<inbound_event_id>/retry"] = 404
OWN_ONLY = {"/emergency-stop", "/emergency-stop/release"}
# The ids of what is decided stand in the body; tests/web/test_approvals.py names another tenant's.
OWN_ONLY |= {"/approvals/approve", "/approvals/reject"}
# The same here: tests/web/test_suppressions.py.
OWN_ONLY |= {"/suppressions/<suppression_id>/remove", "/consents/withdraw"}
# What a body asks of a sequence; tests/web/test_sequences.py names another tenant's.
OWN_ONLY |= {f"/sequences/<sequence_id>/{act}" for act in ("versions", "activate", "preview", "migrate")}
OWN_ONLY |= {"/sequences/preview", "/snippets/<name>"}
READ |= {"/sequences": 200, "/sequences/<sequence_id>": 404, "/snippets": 200}
READ |= {"/campaigns": 200, "/campaigns/<campaign_id>": 404}
CHANGE |= {f"/campaigns/<campaign_id>/{act}": 404 for act in ("pause", "resume")}
READ |= {"/inbox/threads": 200, "/inbox/threads/<thread_id>": 404, "/todos": 200}
CHANGE |= {"/inbox/threads/<thread_id>/close": 404, "/todos/<todo_id>/done": 404, "/todos/<todo_id>/dismiss": 404}
# What a body asks of a conversation; tests/web/test_inbox.py names another tenant's.
OWN_ONLY |= {f"/inbox/threads/<thread_id>/{act}" for act in ("label", "answer")}
OWN_ONLY |= {"/inbox/replies/<reply_id>/place", "/todos/<todo_id>/assign"}
READ |= {"/connections": 200, "/connections/<connection_id>": 404, "/inboxes": 200, "/inboxes/<inbox_id>": 404}
CHANGE |= {"/connections/<connection_id>/test": 404}
CHANGE |= {f"/inboxes/<inbox_id>/{act}": 404 for act in ("pause", "resume")}
READ |= {"/meetings": 200, "/meetings/<meeting_id>": 404, "/meetings/<meeting_id>.ics": 404, "/booking-pages": 200}
READ |= {"/booking-pages/<page_id>": 404, "/booking-pages/<page_id>/link": 404}
READ |= {"/webhooks/endpoints": 200, "/webhooks/endpoints/<endpoint_id>": 404}
READ |= {"/webhooks/deliveries": 200, "/webhooks/deliveries/<delivery_id>": 404}
CHANGE |= {f"/webhooks/endpoints/<endpoint_id>/{act}": 404 for act in ("rotate", "test")}
CHANGE |= {"/webhooks/deliveries/<delivery_id>/redeliver": 404}
# What a body asks of these; tests/web/test_meetings.py and test_webhook_endpoints.py name another tenant's.
OWN_ONLY |= {f"/meetings/<meeting_id>/{act}" for act in ("cancel", "reschedule")}
OWN_ONLY |= {"/webhooks/endpoints/<endpoint_id>/enable"}
READ |= {f"/{kind}s/<{kind}_id>/explain": 404 for kind in ("mission", "lead", "message")}
READ |= {"/inboxes/<inbox_id>/explain": 404}
READ |= {"/simulations": 200, "/simulations/<simulation_id>": 404, "/settings/policy": 200}
# The list, sequence and campaign stand in the body; tests/web/test_preflights.py names another tenant's.
OWN_ONLY |= {"/missions/preflight"}
MARK = "only-theirs"


@pytest.fixture
def theirs(other_tenant: UUID) -> dict[str, str]:
    """One of everything, of the other tenant, each with a word that must not be seen."""
    with db.transaction(other_tenant) as session:
        session.execute(text("UPDATE tenants SET name = :m, sender_name = :m, offer = :m"), {"m": MARK})
        lead = a_lead(session, other_tenant, email=f"{MARK}@example.com", first_name=MARK)
        sender = {"name": MARK, "email": "theirs@example.com", "postal_address": "1 Main Street"}
        mission = a_mission(session, other_tenant, name=MARK, params={"sender": sender})
        a_step(session, mission, key=MARK)
        message = a_message(session, mission, lead, subject=MARK)
        an_outcome(session, mission, lead)
        imported = an_import(session, other_tenant, lead, filename=MARK)
        session.add(ImportRejection(tenant_id=other_tenant, import_id=imported.id, line=2, reason=MARK))
        bus.publish(session, other_tenant, MissionPaused(mission.id))
        sequence = a_sequence(session, other_tenant, name=MARK)
        campaign = Campaign(tenant_id=other_tenant, name=MARK, sequence_id=sequence.id)
        session.add_all([campaign, Snippet(tenant_id=other_tenant, name=MARK, body=MARK)])
        session.flush()
        # A number that stands nowhere else in an answer.
        number = 10**15 + secrets.randbelow(10**15)
        told = {"id": number, "provider": MARK, "kind": MARK, "event_id": MARK, "state": "failed"}
        suppressed = a_suppression(session, other_tenant, email=f"{MARK}@example.com")
        agreed = {"channel": "sms", "source": MARK, "wording": MARK, "given_at": datetime(2026, 3, 1, tzinfo=UTC)}
        session.add(Consent(tenant_id=other_tenant, lead_id=lead.id, **agreed))
        event = InboundEvent(tenant_id=other_tenant, **told)
        session.add(event)
        session.flush()
        thread = a_thread(session, other_tenant, lead, subject=MARK)
        todo = Todo(tenant_id=other_tenant, kind="answer", title=MARK, thread_id=thread.id)
        session.add(todo)
        session.flush()
        ids = {"thread_id": thread.id, "todo_id": todo.id}
        connection = a_connection(session, other_tenant, name=MARK)
        inbox = an_inbox(session, other_tenant, name=MARK, connection_id=connection.id)
        ids |= {"connection_id": connection.id, "inbox_id": inbox.id}
        ids |= {"sequence_id": sequence.id, "campaign_id": campaign.id}
        ids |= _meeting_and_webhook(session, other_tenant)
        ids |= {"mission_id": mission.id, "lead_id": lead.id, "message_id": message.id, "import_id": imported.id}
        ids |= {"inbound_event_id": event.id, "suppression_id": suppressed.id}
    return {name: str(value) for name, value in ids.items()}


def _meeting_and_webhook(session: Session, tenant: UUID) -> dict[str, UUID]:
    page = BookingPage(tenant_id=tenant, slug=MARK, title=MARK, host_name=MARK, host_email="a@example.com", hours={})
    page.timezone = "UTC"
    endpoint = WebhookEndpoint(tenant_id=tenant, url=f"https://{MARK}.example.com", secret=b"")
    session.add_all([page, endpoint])
    session.flush()
    at = datetime(2026, 3, 1, tzinfo=UTC)
    times = {"starts_at": at, "ends_at": at + timedelta(minutes=30)}
    person = {"invitee_name": MARK, "invitee_email": f"{MARK}@example.com"}
    meeting = Meeting(tenant_id=tenant, page_id=page.id, provider="rex", provider_id=MARK, **person, **times)
    delivery = WebhookDelivery(tenant_id=tenant, endpoint_id=endpoint.id, seq=10**6, type=MARK, payload={})
    session.add_all([meeting, delivery])
    session.flush()
    tried = Simulation(tenant_id=tenant, params={"sequence": MARK})
    session.add(tried)
    session.flush()
    ids = {"page_id": page.id, "endpoint_id": endpoint.id, "meeting_id": meeting.id, "delivery_id": delivery.id}
    return ids | {"simulation_id": tried.id}


def address(path: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        path = path.replace(f"<{name}>", value)
    return API + path


def test_every_route_is_sorted_in(app: Flask) -> None:
    known = {rule.rule.removeprefix(API) for rule in app.url_map.iter_rules() if rule.rule.startswith(API)}
    assert known == NOTHING_OF_TENANTS | set(READ) | set(CHANGE) | OWN_ONLY


@pytest.mark.parametrize("path", READ)
def test_nothing_of_theirs_can_be_read(admin: FlaskClient, theirs: dict[str, str], path: str) -> None:
    answer = admin.get(address(path, theirs))
    assert answer.status_code == READ[path]
    assert MARK not in answer.text
    if answer.status_code == 200:
        assert not any(value in answer.text for value in theirs.values())


@pytest.mark.parametrize("path", [path for path in READ if READ[path] == 404])
def test_the_same_can_be_read_by_its_owner(
    someone: Someone, other_tenant: UUID, theirs: dict[str, str], path: str
) -> None:
    assert someone(other_tenant).get(address(path, theirs)).status_code == 200


@pytest.mark.parametrize("path", CHANGE)
def test_nothing_of_theirs_can_be_changed(
    admin: FlaskClient, other_tenant: UUID, theirs: dict[str, str], path: str
) -> None:
    before = _everything(other_tenant)
    assert admin.post(address(path, theirs)).status_code == 404
    assert _everything(other_tenant) == before


def test_the_stop_of_one_is_not_the_stop_of_the_other(someone: Someone, admin: FlaskClient, other_tenant: UUID) -> None:
    other = someone(other_tenant)
    assert admin.post(f"{API}/emergency-stop").json["stopped"] is True
    assert other.get(f"{API}/status").json["sending"] == {"stopped": False, "stopped_at": None}
    other.post(f"{API}/emergency-stop")
    admin.post(f"{API}/emergency-stop/release")
    assert other.get(f"{API}/status").json["sending"]["stopped"] is True


def test_a_filter_cannot_reach_across(admin: FlaskClient, theirs: dict[str, str]) -> None:
    assert admin.get(f"{API}/leads", query_string={"import_id": theirs["import_id"]}).json["items"] == []
    assert admin.get(f"{API}/leads", query_string={"query": MARK}).json["items"] == []
    assert admin.get(f"{API}/events", query_string={"mission_id": theirs["mission_id"]}).json["items"] == []


def _everything(tenant: UUID) -> list[str]:
    tables = (
        "missions",
        "steps",
        "messages",
        "outcomes",
        "events",
        "agent_logs",
        "audit",
        "inbound_events",
        "campaigns",
        "webhook_endpoints",
        "webhook_deliveries",
    )
    with db.transaction(tenant) as session:
        rows = [session.execute(text(f"SELECT t::text FROM {table} AS t ORDER BY 1")).scalars() for table in tables]
        return [row for found in rows for row in found]
