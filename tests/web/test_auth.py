"""Keys, sessions, roles, CSRF."""

from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from rex_celery import db
from rex_celery.tenancy import accounts, keys
from rex_celery.tenancy.access import Role
from tests.tenancy.keys_of import a_key
from tests.web.conftest import Someone

PASSWORD = "correct horse battery"


def signed_in(app: Flask, tenant: UUID, role: Role = Role.ADMIN) -> tuple[FlaskClient, str]:
    client = app.test_client()
    answer = client.post("/api/rex/session", json={"api_key": a_key(tenant, role)})
    assert answer.status_code == 200, answer.json
    return client, answer.json["csrf_token"]


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
def test_a_key_is_taken_from_either_header(app: Flask, tenant: UUID, header: str) -> None:
    key = a_key(tenant, Role.VIEWER)
    value = f"Bearer {key}" if header == "Authorization" else key
    answer = app.test_client().get("/api/rex/session", headers={header: value})
    assert answer.json["tenant"] == {"id": str(tenant), "name": "Acme Test"}
    assert answer.json["role"] == "viewer"


def test_a_key_revoked_in_between_is_refused_with_the_next_request(app: Flask, tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        key = keys.create(session, name="soon gone", role=Role.VIEWER, actor="test")
    client = app.test_client()
    client.post("/api/rex/session", json={"api_key": key.plaintext})
    headers = {"Authorization": f"Bearer {key.plaintext}"}
    assert client.get("/api/rex/missions", headers=headers).status_code == 200
    with db.transaction(tenant) as session:
        keys.revoke(session, key.id, actor="test")
    for credentials in (headers, {}):
        answer = client.get("/api/rex/missions", headers=credentials)
        assert (answer.status_code, answer.json["code"]) == (401, "key_revoked")


def test_a_session_is_a_cookie_that_scripts_and_other_sites_cannot_use(app: Flask, tenant: UUID) -> None:
    answer = app.test_client().post("/api/rex/session", json={"api_key": a_key(tenant)})
    (cookie,) = [value for name, value in answer.headers if name == "Set-Cookie"]
    assert cookie.startswith("rex_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_a_change_by_cookie_needs_the_csrf_token_and_a_key_does_not(app: Flask, tenant: UUID) -> None:
    client, token = signed_in(app, tenant)
    bare = client.post("/api/rex/emergency-stop")
    wrong = client.post("/api/rex/emergency-stop", headers={"X-CSRF-Token": "wrong"})
    right = client.post("/api/rex/emergency-stop", headers={"X-CSRF-Token": token})
    assert [answer.status_code for answer in (bare, wrong, right)] == [403, 403, 200]
    assert bare.json["code"] == "csrf"


def test_signing_out_ends_the_session(app: Flask, tenant: UUID) -> None:
    client, _ = signed_in(app, tenant)
    assert client.delete("/api/rex/session").status_code == 204
    assert client.get("/api/rex/session").status_code == 401


def test_a_person_signs_in_by_password_until_disabled(app: Flask, nobody: FlaskClient, tenant: UUID) -> None:
    email = f"{uuid4().hex}@example.com"
    with db.transaction(tenant) as session:
        user = accounts.add_user(session, email=email, password=PASSWORD, role=Role.OPERATOR, actor="test")
    assert nobody.post("/api/rex/session", json={"email": email, "password": "wrong"}).status_code == 401
    assert nobody.post("/api/rex/session", json={"email": email, "password": PASSWORD}).json["name"] == email
    with db.transaction(tenant) as session:
        accounts.disable_user(session, user, actor="test")
    assert nobody.get("/api/rex/session").status_code == 401


def test_guessing_passwords_is_slowed_down(nobody: FlaskClient) -> None:
    answers = [nobody.post("/api/rex/session", json={"link_token": "guess"}).status_code for _ in range(21)]
    assert answers == [401] * 20 + [429]


def test_a_sign_in_link_works_once_and_is_an_identity_of_its_maker(
    app: Flask, someone: Someone, nobody: FlaskClient, tenant: UUID
) -> None:
    link = someone(tenant, Role.OPERATOR).post("/api/rex/session/link").json
    address, _, token = link["url"].partition("#sign-in=")
    assert address == "http://127.0.0.1:8800/"
    first = nobody.post("/api/rex/session", json={"link_token": token})
    assert (first.status_code, first.json["role"]) == (200, "operator")
    assert app.test_client().post("/api/rex/session", json={"link_token": token}).json["code"] == "link_expired"


def test_a_sign_in_link_is_stored_nowhere(admin: FlaskClient, tenant: UUID) -> None:
    links = [admin.post("/api/rex/session/link", headers={"Idempotency-Key": "k"}).json["url"] for _ in range(2)]
    assert links[0] != links[1]
    with db.transaction(tenant) as session:
        assert session.execute(text("SELECT count(*) FROM idempotency_keys")).scalar_one() == 0


@pytest.mark.parametrize("body", [{}, {"email": "a@example.com"}, {"api_key": "a", "link_token": "b"}, {"api_key": ""}])
def test_signing_in_wants_exactly_one_way(nobody: FlaskClient, body: dict[str, str]) -> None:
    assert nobody.post("/api/rex/session", json=body).status_code == 422


@pytest.mark.parametrize(
    ("role", "method", "path", "status"),
    [
        (Role.VIEWER, "GET", "/api/rex/settings", 200),
        (Role.VIEWER, "POST", "/api/rex/missions", 403),
        (Role.VIEWER, "POST", "/api/rex/emergency-stop", 403),
        (Role.VIEWER, "POST", "/api/rex/leads/import", 403),
        (Role.OPERATOR, "POST", "/api/rex/emergency-stop", 200),
        (Role.OPERATOR, "PATCH", "/api/rex/settings", 403),
        (Role.ADMIN, "PATCH", "/api/rex/settings", 200),
    ],
)
def test_a_role_may_do_its_part(  # noqa: PLR0917  one row of the table
    someone: Someone, tenant: UUID, role: Role, method: str, path: str, status: int
) -> None:
    assert someone(tenant, role).open(path, method=method, json={}).status_code == status


def test_who_changed_what_stands_in_the_audit_log(someone: Someone, tenant: UUID) -> None:
    client = someone(tenant)
    client.patch("/api/rex/settings", json={"offer": "tea"})
    client.post("/api/rex/emergency-stop")
    with db.transaction(tenant) as session:
        prefix = session.execute(text("SELECT prefix FROM api_keys")).scalar_one()
        entries = session.execute(text("SELECT actor, action FROM audit ORDER BY id")).all()
    assert entries[1:] == [(f"key:{prefix}", "settings.changed"), (f"key:{prefix}", "sending.stopped")]
