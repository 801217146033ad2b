"""A preflight over HTTP; the answer is held against its documentation."""

from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import text

from rex_celery import db
from rex_celery.models import Campaign
from rex_celery.tenancy.access import Role
from tests.factories import a_sequence
from tests.preflight.lists import a_list, lately
from tests.web.conftest import Someone

PATH = "/api/rex/missions/preflight"
SENDER = {"name": "Ada Park", "email": "ada@harbor.example.com", "postal_address": "1 Main Street, Springfield"}


def wish(**fields: object) -> dict[str, object]:
    return {"type": "lead_reactivation", "offer": "an audit", "sender": SENDER} | fields


def test_the_same_body_as_an_order_is_looked_at_and_not_ordered(admin: FlaskClient, tenant: UUID) -> None:
    imported, leads = a_list(tenant, lately())
    body = wish(audience={"import_id": str(imported)}, sequence="reactivation", sms_price="0.01")
    answer = admin.post(PATH, json=body)
    assert answer.status_code == 200
    found = answer.json
    assert found["audience"] == found["leads"]["looked_at"] == len(leads)
    assert {"suppressed_unsubscribed", "customer"} <= {one["code"] for one in found["held_leads"]}
    assert float(found["texts"]["cost"]) == found["texts"]["segments"] * 0.01
    assert found["capacity"]["assumed"].startswith("An estimate")
    # The one mission that there is belongs to the list.
    assert [one["name"] for one in admin.get("/api/rex/missions").json["items"]] == ["Another"]


def test_what_the_settings_lack_is_a_finding_and_no_refusal(admin: FlaskClient, tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE tenants SET postal_address = '', offer = '' WHERE id = :t"), {"t": tenant})
    found = admin.post(PATH, json={"type": "lead_reactivation"}).json
    assert not found["ok"]
    assert {"sender.postal_address", "offer"} <= {one["where"] for one in found["notices"]}


def test_what_is_not_an_order_is_refused(admin: FlaskClient) -> None:
    assert admin.post(PATH, json={"type": "world_peace"}).status_code == 422
    assert admin.post(PATH, json=wish(sequence="no-such-sequence")).status_code == 404
    assert admin.post(PATH, json=wish(sms_price=-1)).status_code == 422
    unbuilt = admin.post(PATH, json=wish(type="icp_extraction")).json
    assert unbuilt["code"] == "agent_not_built"


def test_who_may_order_may_look(someone: Someone, tenant: UUID) -> None:
    assert someone(tenant, Role.OPERATOR).post(PATH, json=wish()).status_code == 200
    assert someone(tenant, Role.VIEWER).post(PATH, json=wish()).status_code == 403


def test_nothing_of_another_tenant_is_looked_at(admin: FlaskClient, tenant: UUID, other_tenant: UUID) -> None:
    imported, leads = a_list(other_tenant)
    with db.transaction(other_tenant) as session:
        sequence = a_sequence(session, other_tenant)
        campaign = Campaign(tenant_id=other_tenant, name="theirs", sequence_id=sequence.id)
        session.add(campaign)
        session.flush()
        theirs = {"sequence": str(sequence.id), "campaign": str(campaign.id)}
    assert admin.post(PATH, json=wish(audience={"import_id": str(imported)})).status_code == 404
    for name, value in theirs.items():
        assert admin.post(PATH, json=wish(**{name: value})).status_code == 404
    answer = admin.post(PATH, json=wish())
    assert answer.json["audience"] == 0
    assert not any(str(lead) in answer.text for lead in leads.values())
