"""Webhooks out by the API."""

from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.tenancy import credentials
from rex_celery.tenancy.access import Role
from rex_celery.webhooks import endpoints, fanout
from tests.web.conftest import Someone
from tests.webhooks.rows import happen

ENDPOINTS, DELIVERIES = "/api/rex/webhooks/endpoints", "/api/rex/webhooks/deliveries"
HOOK = {"url": "https://hooks.example.com/rex", "events": ["mission.*"], "description": "ours"}


@pytest.fixture
def address(admin: FlaskClient) -> str:
    return admin.post(ENDPOINTS, json=HOOK).headers["Location"]


def test_an_endpoint_is_made_and_its_secret_shown_once(admin: FlaskClient, tenant: UUID) -> None:
    made = admin.post(ENDPOINTS, json=HOOK)
    assert made.status_code == 201
    secret = made.json["secret"]
    assert made.json["endpoint"]["events"] == ["mission.*"]
    for shown in (admin.get(made.headers["Location"]), admin.get(ENDPOINTS)):
        assert shown.status_code == 200
        assert secret not in shown.text
    with db.transaction(tenant) as session:
        stored = bytes(session.scalar(text("SELECT secret FROM webhook_endpoints")))
    assert secret.encode() not in stored
    assert credentials.decrypt(stored) == {"secret": secret}


def test_a_secret_is_not_kept_for_a_repeated_request(admin: FlaskClient, tenant: UUID) -> None:
    admin.post(ENDPOINTS, json=HOOK, headers={"Idempotency-Key": "once"})
    with db.transaction(tenant) as session:
        assert session.scalars(text("SELECT response FROM idempotency_keys")).all() == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"url": "http://hooks.example.com/"}, "body.url"),
        ({"url": "https://169.254.169.254/latest"}, "body.url"),
        ({"events": ["Mission"]}, "body.events.0"),
        ({"color": 1}, "body.color"),
    ],
)
def test_an_endpoint_that_will_not_do_is_refused(admin: FlaskClient, body: dict[str, object], where: str) -> None:
    refused = admin.post(ENDPOINTS, json=HOOK | body)
    assert refused.status_code == 422
    assert [one["where"] for one in refused.json["errors"]] == [where]


def test_an_endpoint_is_changed_and_deleted(admin: FlaskClient, address: str) -> None:
    assert admin.patch(address, json={"events": []}).json["events"] == []
    assert admin.delete(address).status_code == 204
    assert admin.get(address).status_code == 404


def test_another_secret_is_shown_once(admin: FlaskClient, address: str) -> None:
    fresh = {admin.post(f"{address}/rotate").json["secret"] for _ in range(2)}
    assert len(fresh) == 2


def test_a_disabled_endpoint_says_why_and_is_enabled_again(admin: FlaskClient, tenant: UUID, address: str) -> None:
    with db.transaction(tenant) as session:
        endpoints.disable(session, UUID(address.rpartition("/")[2]), "Nothing was taken for 3 days")
    assert admin.get(address).json["reason"] == "Nothing was taken for 3 days"
    assert admin.post(f"{address}/test").json["code"] == "endpoint_disabled"
    enabled = admin.post(f"{address}/enable", json={"skip_missed": True})
    assert (enabled.json["state"], enabled.json["reason"]) == ("active", None)


def test_deliveries_are_listed_shown_and_repeated(admin: FlaskClient, tenant: UUID, address: str) -> None:
    happen(tenant, 0, 3)
    fanout.run_round(clock.now())
    first = admin.get(f"{DELIVERIES}?limit=2").json
    rest = admin.get(f"{DELIVERIES}?limit=2&cursor={first['next_cursor']}").json
    assert len({one["seq"] for one in (*first["items"], *rest["items"])}) == 3
    assert admin.get(f"{DELIVERIES}?state=failed").json["items"] == []
    (own,) = admin.get(f"{DELIVERIES}?endpoint_id={address.rpartition('/')[2]}&limit=1").json["items"]
    assert admin.get(f"{DELIVERIES}/{own['id']}").json == own
    again = admin.post(f"{DELIVERIES}/{own['id']}/redeliver")
    assert (again.status_code, again.json["id"], again.json["state"]) == (202, own["id"], "pending")


def test_a_test_event_is_on_its_way_at_once(admin: FlaskClient, address: str) -> None:
    sent = admin.post(f"{address}/test")
    assert (sent.status_code, sent.json["type"], sent.json["seq"]) == (202, "webhook.test", -1)


def test_others_see_nothing_of_it(someone: Someone, other_tenant: UUID, address: str) -> None:
    other = someone(other_tenant)
    assert other.get(address).status_code == 404
    assert other.get(ENDPOINTS).json == {"items": []}
    assert other.post(f"{DELIVERIES}/{uuid4()}/redeliver").status_code == 404
    assert other.post(f"{address}/enable", json={}).status_code == 404
    assert other.patch(address, json={"description": "mine"}).status_code == 404
    assert other.delete(address).status_code == 404


def test_only_an_admin_makes_endpoints(someone: Someone, tenant: UUID) -> None:
    assert someone(tenant, Role.OPERATOR).post(ENDPOINTS, json=HOOK).status_code == 403
    assert someone(tenant, Role.VIEWER).get(ENDPOINTS).status_code == 200
