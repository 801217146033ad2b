"""Repeating a POST with its Idempotency-Key has no second effect."""

import io
import threading
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from rex_celery import db
from rex_celery.missions import launch
from rex_celery.tenancy.access import Role
from tests.tenancy.keys_of import a_key
from tests.web.conftest import Someone

MISSIONS = "/api/rex/missions"
WAKE = {"type": "lead_reactivation"}
KEY = {"Idempotency-Key": "order-7"}


def missions(tenant: UUID) -> int:
    with db.transaction(tenant) as session:
        return int(session.execute(text("SELECT count(*) FROM missions")).scalar_one())


def test_the_same_request_gets_the_same_answer_and_no_second_mission(admin: FlaskClient, tenant: UUID) -> None:
    first, again = (admin.post(MISSIONS, json=WAKE, headers=KEY) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == first.json
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert missions(tenant) == 1


def test_another_body_with_the_same_key_is_refused(admin: FlaskClient, tenant: UUID) -> None:
    admin.post(MISSIONS, json=WAKE, headers=KEY)
    answer = admin.post(MISSIONS, json=WAKE | {"priority": 1}, headers=KEY)
    assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused")
    assert missions(tenant) == 1


def test_a_refusal_is_not_kept_so_that_the_corrected_request_goes_through(admin: FlaskClient, tenant: UUID) -> None:
    assert admin.post(MISSIONS, json={"type": "nonsense"}, headers=KEY).status_code == 422
    assert admin.post(MISSIONS, json=WAKE, headers=KEY).status_code == 201
    assert missions(tenant) == 1


def test_two_tenants_may_use_the_same_key(someone: Someone, tenant: UUID, other_tenant: UUID) -> None:
    answers = [someone(one).post(MISSIONS, json=WAKE, headers=KEY) for one in (tenant, other_tenant)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json["id"] != answers[1].json["id"]


def test_at_the_same_moment_only_one_of_two_acts(app: Flask, tenant: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    key, inside, go_on = a_key(tenant, Role.OPERATOR), threading.Event(), threading.Event()
    submit = launch.submit

    def slowly(*arguments: object, **options: object) -> object:
        inside.set()
        go_on.wait(10)
        return submit(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(launch, "submit", slowly)
    statuses: list[int] = []

    def ask() -> None:
        headers = KEY | {"Authorization": f"Bearer {key}"}
        statuses.append(app.test_client().post(MISSIONS, json=WAKE, headers=headers).status_code)

    first = threading.Thread(target=ask)
    first.start()
    assert inside.wait(10)
    ask()
    go_on.set()
    first.join()
    assert statuses == [409, 201]
    assert missions(tenant) == 1


def test_a_request_that_broke_off_leaves_the_key_free(
    admin: FlaskClient, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("web.api.missions.views.submitted", _break)
        assert admin.post(MISSIONS, json=WAKE, headers=KEY).status_code == 500
    assert missions(tenant) == 0
    assert admin.post(MISSIONS, json=WAKE, headers=KEY).status_code == 201


def test_an_upload_is_taken_in_once_too(admin: FlaskClient, tenant: UUID) -> None:
    def upload(rows: bytes) -> tuple[int, str]:
        form = {"file": (io.BytesIO(b"email,first_name\n" + rows), "leads.csv")}
        answer = admin.post("/api/rex/leads/import", data=form, headers=KEY)
        return answer.status_code, answer.json.get("id") or answer.json["code"]

    first = upload(b"ada@example.com,Ada\n")
    assert first[0] == 201
    assert upload(b"ada@example.com,Ada\n") == first
    assert upload(b"bob@example.com,Bob\n") == (422, "idempotency_key_reused")
    with db.transaction(tenant) as session:
        assert session.execute(text("SELECT count(*) FROM imports")).scalar_one() == 1


def test_a_refused_upload_leaves_the_key_free(admin: FlaskClient) -> None:
    for rows, status in ((b"", 422), (b"email\nada@example.com\n", 201)):
        form = {"file": (io.BytesIO(rows), "leads.csv")}
        assert admin.post("/api/rex/leads/import", data=form, headers=KEY).status_code == status


@pytest.mark.parametrize("key", ["", "x" * 256, "ümlaut"])
def test_a_key_that_cannot_be_kept_is_refused(admin: FlaskClient, tenant: UUID, key: str) -> None:
    answer = admin.post(MISSIONS, json=WAKE, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json["code"]) == (422, "bad_idempotency_key")
    assert missions(tenant) == 0


def test_steering_is_repeatable_too(admin: FlaskClient) -> None:
    path = f"{MISSIONS}/{admin.post(MISSIONS, json=WAKE).json['id']}/pause"
    first, again = (admin.post(path, headers=KEY) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert admin.post(path).status_code == 409


def _break(*_: object) -> None:
    raise RuntimeError("in the middle")
