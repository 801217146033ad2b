"""Connections and inboxes over HTTP: everything wrong is said at once, and no secret ever comes out."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from rex_celery import db
from rex_celery.integrations import sendgrid
from rex_celery.outreach import connections, delivery
from rex_celery.tenancy import credentials
from rex_celery.tenancy.access import Role
from tests.doubles.http_double import HttpDouble
from tests.factories import an_inbox
from tests.web.conftest import Someone

CONNECTIONS, INBOXES = "/api/rex/connections", "/api/rex/inboxes"
KEY = "SG.only-for-tests-0123456789"
SENDGRID = {"provider": "sendgrid", "name": "SendGrid", "settings": {"region": "eu"}, "secret": {"api_key": KEY}}
TWILIO = {
    "provider": "twilio",
    "name": "Twilio",
    "settings": {"account_sid": "AC" + "0" * 32},
    "secret": {"auth_token": "only-for-tests"},
}


@pytest.fixture
def double() -> Iterator[HttpDouble]:
    with HttpDouble() as running:
        yield running


def created(client: FlaskClient, **fields: object) -> dict[str, object]:
    answer = client.post(CONNECTIONS, json=SENDGRID | fields)
    assert answer.status_code == 201, answer.json
    shown: dict[str, object] = answer.json
    return shown


def test_a_connection_is_shown_without_its_secret(admin: FlaskClient, tenant: UUID) -> None:
    made = created(admin)
    assert (made["provider"], made["settings"], made["secrets"]) == ("sendgrid", {"region": "eu"}, ["api_key"])
    assert (made["state"], made["error"]) == ("active", None)
    for answer in (admin.get(CONNECTIONS), admin.get(f"{CONNECTIONS}/{made['id']}")):
        assert KEY not in answer.text
    assert admin.get(f"{CONNECTIONS}/{made['id']}").json == made
    with db.transaction(tenant) as session:
        stored = session.execute(text("SELECT secret FROM connections")).scalar_one()
        noted = session.execute(text("SELECT details::text FROM audit")).scalars().all()
    assert KEY.encode() not in bytes(stored)
    assert KEY not in str(noted)
    assert credentials.decrypt(stored)["api_key"] == KEY


def test_it_says_which_addresses_to_paste_at_the_provider(admin: FlaskClient) -> None:
    made = created(admin)
    webhooks = made["webhooks"]
    assert isinstance(webhooks, dict)
    assert webhooks["events"].endswith(f"/api/rex/webhooks/sendgrid/events/{made['id']}")
    address, _, token = webhooks["inbound"].partition("?token=")
    assert address.endswith(f"/api/rex/webhooks/sendgrid/inbound/{made['id']}")
    assert len(token) == 32
    other = created(admin, **TWILIO)
    assert set(other["webhooks"]) == {"status", "inbound"}  # type: ignore[call-overload]


def test_everything_that_is_wrong_is_said_at_once_and_no_secret_with_it(admin: FlaskClient) -> None:
    secret = {"api_key": "", "password": "hunter2"}
    answer = admin.post(CONNECTIONS, json=SENDGRID | {"settings": {"region": "mars", "colour": 1}, "secret": secret})
    assert answer.status_code == 422
    assert {one["where"] for one in answer.json["errors"]} == {
        "settings.region",
        "settings.colour",
        "secret.api_key",
        "secret.password",
    }
    assert all(one["expected"] for one in answer.json["errors"])
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    ("provider", "settings", "secret", "where"),
    [
        ("pigeon", {}, {}, {"provider"}),
        ("sendgrid", {"webhook_public_key": "none"}, {"api_key": KEY}, {"settings.webhook_public_key"}),
        ("smtp", {}, {}, {"settings.host"}),
        ("smtp", {"host": "mail.example.com", "username": "ada"}, {}, {"settings.username"}),
        (
            "smtp",
            {"host": "a b", "port": 0, "security": "maybe"},
            {},
            {f"settings.{n}" for n in ("host", "port", "security")},
        ),
        ("smtp", {"host": "mail.example.com", "dkim_domain": "example.com"}, {}, {"settings.dkim_domain"}),
        ("twilio", {"account_sid": "AC1"}, {}, {"settings.account_sid", "secret.auth_token"}),
        ("partner", {"url": "http://partner.example.com"}, {"token": "t"}, {"settings.url"}),
        ("partner", {"url": "http://[::1"}, {"token": "t"}, {"settings.url"}),
    ],
)
def test_each_provider_has_its_own_needs(
    admin: FlaskClient, provider: str, settings: object, secret: object, where: set[str]
) -> None:
    body = {"provider": provider, "name": "x", "settings": settings, "secret": secret}
    answer = admin.post(CONNECTIONS, json=body)
    assert answer.status_code == 422
    assert {one["where"] for one in answer.json["errors"]} == where


def test_a_name_is_given_once(admin: FlaskClient) -> None:
    created(admin)
    assert admin.post(CONNECTIONS, json=SENDGRID).json["code"] == "name_taken"
    other = created(admin, name="Other")
    assert admin.patch(f"{CONNECTIONS}/{other['id']}", json={"name": "SendGrid"}).status_code == 409


def test_a_change_keeps_what_it_does_not_name(admin: FlaskClient, tenant: UUID) -> None:
    made = created(admin)
    path = f"{CONNECTIONS}/{made['id']}"
    changed = admin.patch(path, json={"settings": {"track_clicks": True}, "secret": {"api_key": "SG.another"}}).json
    assert changed["settings"] == {"region": "eu", "track_clicks": True}
    assert changed["webhooks"] == made["webhooks"]
    assert changed["updated_at"] > str(made["updated_at"])
    assert admin.patch(path, json={"settings": {"region": None}}).json["settings"] == {"track_clicks": True}
    with db.transaction(tenant) as session:
        stored = connections.stored(session, UUID(str(made["id"])))
    assert credentials.decrypt(stored.secret)["api_key"] == "SG.another"
    refused = admin.patch(path, json={"secret": {"api_key": None}})
    assert refused.json["errors"][0]["where"] == "secret.api_key"


def test_a_changed_connection_gets_a_new_sender(admin: FlaskClient, tenant: UUID) -> None:
    made = created(admin)
    with db.transaction(tenant) as session:
        inbox = an_inbox(session, tenant, provider="sendgrid", connection_id=UUID(str(made["id"])))
        before = connections.stored(session, UUID(str(made["id"])))
    first = delivery.sender_for(inbox, before)  # type: ignore[arg-type]  # a model has what a row has
    assert delivery.sender_for(inbox, before) is first  # type: ignore[arg-type]
    admin.patch(f"{CONNECTIONS}/{made['id']}", json={"secret": {"api_key": "SG.another"}})
    with db.transaction(tenant) as session:
        after = connections.stored(session, UUID(str(made["id"])))
    assert delivery.sender_for(inbox, after) is not first  # type: ignore[arg-type]


def test_disabling_rests_its_inboxes_and_enabling_wakes_only_those(admin: FlaskClient) -> None:
    made = created(admin)
    path, body = f"{CONNECTIONS}/{made['id']}", {"connection_id": made["id"]}
    one, other = (admin.post(INBOXES, json=body | {"address": f"{n}@acme.example.com"}).json for n in ("ada", "bob"))
    admin.post(f"{INBOXES}/{other['id']}/pause")
    assert admin.patch(path, json={"state": "disabled"}).json["state"] == "disabled"
    states = {item["id"]: (item["state"], item["reason"]) for item in admin.get(INBOXES).json["items"]}
    assert states == {one["id"]: ("paused", "connection_disabled"), other["id"]: ("paused", "sender_paused")}
    admin.patch(path, json={"state": "active"})
    states = {item["id"]: item["state"] for item in admin.get(INBOXES).json["items"]}
    assert states == {one["id"]: "active", other["id"]: "paused"}


def test_one_that_is_used_cannot_be_deleted(admin: FlaskClient) -> None:
    made = created(admin)
    admin.post(INBOXES, json={"connection_id": made["id"], "address": "ada@acme.example.com"})
    refused = admin.delete(f"{CONNECTIONS}/{made['id']}")
    assert (refused.status_code, refused.json["code"]) == (409, "connection_in_use")
    unused = created(admin, name="Unused")
    assert admin.delete(f"{CONNECTIONS}/{unused['id']}").status_code == 204
    assert admin.get(f"{CONNECTIONS}/{unused['id']}").status_code == 404


def test_a_test_asks_the_provider_and_keeps_what_it_says(
    admin: FlaskClient, double: HttpDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sendgrid.HOSTS, "eu", double.url)
    made = created(admin)
    path = f"{CONNECTIONS}/{made['id']}"
    double.answer(401, b"{}")
    assert admin.post(f"{path}/test").json == {
        "works": False,
        "detail": "SendGrid refuses everything (401): the API key is wrong or was revoked.",
    }
    assert "401" in admin.get(path).json["error"]
    double.answer(200, b'{"scopes": ["mail.send"]}')
    assert admin.post(f"{path}/test").json == {"works": True, "detail": ""}
    assert admin.get(path).json["error"] is None
    assert [request.path for request in double.requests] == ["/v3/scopes", "/v3/scopes"]
    assert double.requests[0].headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("provider", "settings"),
    [
        ("imap", {"host": "127.0.0.1", "port": 9, "security": "none", "username": "ada"}),
        ("caldav", {"url": "http://127.0.0.1:9/cal", "username": "ada"}),
        ("smtp", {"host": "127.0.0.1", "port": 9, "username": "ada"}),
    ],
)
def test_a_server_that_is_not_there_is_said_to_be(admin: FlaskClient, provider: str, settings: object) -> None:
    secret = {"password": "only-for-tests"}
    made = created(admin, provider=provider, name=provider, settings=settings, secret=secret)
    tested = admin.post(f"{CONNECTIONS}/{made['id']}/test").json
    assert tested["works"] is False
    assert tested["detail"]
    assert "only-for-tests" not in tested["detail"]


def test_what_only_calls_us_cannot_be_asked(admin: FlaskClient) -> None:
    made = created(admin, provider="calendly", name="C", settings={}, secret={"signing_key": "k"})
    assert set(made["webhooks"]) == {"events"}  # type: ignore[call-overload]
    assert admin.post(f"{CONNECTIONS}/{made['id']}/test").json["code"] == "not_testable"


def test_with_another_key_of_the_installation_it_says_so_and_can_be_entered_again(
    admin: FlaskClient, tenant: UUID
) -> None:
    made = created(admin)
    path = f"{CONNECTIONS}/{made['id']}"
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE connections SET secret = 'rex1:00000000:gone'"))
    assert "REX_SECRET_KEY_BEFORE" in admin.get(path).json["error"]
    assert admin.post(f"{path}/test").json["works"] is False
    assert admin.patch(path, json={"secret": {"api_key": KEY}}).json["error"] is None


def test_only_admins_see_connections(someone: Someone, tenant: UUID) -> None:
    for role in (Role.VIEWER, Role.OPERATOR):
        assert someone(tenant, role).get(CONNECTIONS).status_code == 403


def test_an_inbox_takes_channel_and_provider_from_its_connection(admin: FlaskClient) -> None:
    made = created(admin)
    answer = admin.post(
        INBOXES, json={"connection_id": made["id"], "address": "Ada@Acme.Example.com", "name": "Ada", "per_day": 50}
    )
    assert answer.status_code == 201, answer.json
    shown = answer.json
    assert (shown["channel"], shown["provider"], shown["address"]) == ("email", "sendgrid", "ada@acme.example.com")
    assert (shown["domain"], shown["per_day"], shown["gap_seconds"]) == ("example.com", 50, None)
    again = admin.post(INBOXES, json={"connection_id": made["id"], "address": "ada@acme.example.com"})
    assert again.json["code"] == "inbox_exists"
    changed = admin.patch(f"{INBOXES}/{shown['id']}", json={"per_day": None, "aliases": ["a.sender@acme.example.com"]})
    assert (changed.json["per_day"], changed.json["name"]) == (None, "Ada")
    assert changed.json["aliases"] == ["a.sender@acme.example.com"]
    assert admin.get(f"{INBOXES}/{shown['id']}").json == changed.json


@pytest.mark.parametrize(
    ("connection", "fields", "where"),
    [
        (SENDGRID, {"address": "no address"}, "body.address"),
        (SENDGRID, {"address": "+12025550143", "channel": "sms"}, "body.connection_id"),
        (TWILIO, {"address": "12"}, "body.address"),
        (None, {"address": "ada@acme.example.com"}, "body.channel"),
    ],
)
def test_an_inbox_that_could_not_send_is_refused(
    admin: FlaskClient, connection: dict[str, object] | None, fields: dict[str, object], where: str
) -> None:
    if connection:
        fields = fields | {"connection_id": created(admin, **connection)["id"]}
    answer = admin.post(INBOXES, json=fields)
    assert answer.status_code == 422
    assert [one["where"] for one in answer.json["errors"]] == [where]


@pytest.mark.parametrize(
    ("address", "stored"),
    [("(202) 555-0143 ", None), ("+1 202 555 0143", "+12025550143"), ("MG" + "a" * 32, "MG" + "a" * 32)],
)
def test_a_number_has_one_spelling(admin: FlaskClient, address: str, stored: str | None) -> None:
    made = created(admin, **TWILIO)
    answer = admin.post(INBOXES, json={"connection_id": made["id"], "address": address})
    assert answer.json.get("address") == stored


def test_a_paused_inbox_says_who_paused_it_and_goes_on_when_told(admin: FlaskClient, tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        inbox = an_inbox(session, tenant).id
    for _ in range(2):
        paused = admin.post(f"{INBOXES}/{inbox}/pause").json
    assert (paused["state"], paused["reason"]) == ("paused", "sender_paused")
    resumed = admin.post(f"{INBOXES}/{inbox}/resume").json
    assert (resumed["state"], resumed["reason"]) == ("active", None)
    with db.transaction(tenant) as session:
        types = session.execute(text("SELECT type FROM events WHERE type LIKE 'sender.%' ORDER BY seq")).scalars().all()
    assert types == ["sender.held", "sender.released"]


def test_nobody_changes_or_deletes_what_is_another_tenants(
    admin: FlaskClient, someone: Someone, other_tenant: UUID, tenant: UUID
) -> None:
    made = created(admin)
    inbox = admin.post(INBOXES, json={"connection_id": made["id"], "address": "ada@acme.example.com"}).json
    stranger = someone(other_tenant)
    assert stranger.patch(f"{CONNECTIONS}/{made['id']}", json={"name": "Mine"}).status_code == 404
    assert stranger.delete(f"{CONNECTIONS}/{made['id']}").status_code == 404
    assert stranger.patch(f"{INBOXES}/{inbox['id']}", json={"per_day": 0}).status_code == 404
    using = stranger.post(INBOXES, json={"connection_id": made["id"], "address": "mallory@example.com"})
    assert using.status_code == 404
    assert admin.get(f"{CONNECTIONS}/{made['id']}").json == made
    assert admin.get(f"{INBOXES}/{inbox['id']}").json == inbox
