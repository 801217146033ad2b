"""Suppressions and consents over HTTP."""

import io
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from rex_celery import db
from rex_celery.compliance.suppression import suppressed_among
from rex_celery.tenancy.access import Role
from tests.factories import a_lead, a_suppression
from tests.web.conftest import Someone

LEDGER = "/api/rex/suppressions"
AGREED = "/api/rex/consents"


def upload(client: FlaskClient, path: str, words: str, **fields: str) -> TestResponse:
    file = {"file": (io.BytesIO(words.encode()), "list.csv")}
    return client.post(f"{path}/import", data=fields | file, content_type="multipart/form-data")


def test_somebody_is_entered_by_hand_and_found_again(admin: FlaskClient, tenant: UUID) -> None:
    body = {"email": "Grace@Example.com", "scope": "email", "note": "asked on the phone"}
    first = admin.post(LEDGER, json=body)
    assert (first.status_code, first.json["email"], first.json["scope"]) == (201, "grace@example.com", "email")
    assert first.json["evidence"] == {"note": "asked on the phone"}
    assert first.json["source"].startswith("hand:")
    second = admin.post(LEDGER, json=body)
    assert (second.status_code, second.json["id"]) == (200, first.json["id"])
    found = admin.get(LEDGER, query_string={"email": "grace@example.com"}).json["items"]
    assert [one["id"] for one in found] == [first.json["id"]]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "nobody"},
        {"domain": "co.uk"},
        {"domain": "example.com", "phone": "+12025550143"},
        {"email": "a@example.com", "scope": "fax"},
        {"email": "a@example.com", "reason": "low_score"},
        {"email": "a@example.com", "more": 1},
    ],
)
def test_what_names_nobody_is_refused_with_what_would_be_right(admin: FlaskClient, body: dict[str, object]) -> None:
    answer = admin.post(LEDGER, json=body)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["expected"]


def test_an_entry_is_removed_by_an_admin_with_a_reason_and_an_opt_out_is_not(
    admin: FlaskClient, someone: Someone, tenant: UUID
) -> None:
    entry = admin.post(LEDGER, json={"domain": "acme.example.com"}).json["id"]
    path = f"{LEDGER}/{entry}/remove"
    assert someone(tenant, Role.OPERATOR).post(path, json={"reason": "a customer now"}).status_code == 403
    assert admin.post(path, json={"reason": " "}).status_code == 422
    assert admin.post(path, json={"reason": "a customer now"}).json["domain"] == "acme.example.com"
    assert admin.post(path, json={"reason": "a customer now"}).status_code == 404
    with db.transaction(tenant) as session:
        lead = a_lead(session, tenant, phone=None)
        theirs = a_suppression(session, tenant, email=lead.email, reason="suppressed_opt_out")
    refused = admin.post(f"{LEDGER}/{theirs.id}/remove", json={"reason": "please"})
    assert (refused.status_code, refused.json["code"]) == (409, "their_own_word")
    with db.transaction(tenant) as session:
        assert set(suppressed_among(session, [lead.id])) == {lead.id}


def test_a_list_is_taken_in_and_given_out(admin: FlaskClient, tenant: UUID) -> None:
    words = "email,phone\na@example.com,\n,+12025550143\nnobody,\n"
    answer = upload(admin, LEDGER, words, reason="suppressed_unsubscribed", scope="email")
    assert answer.status_code == 201
    assert (answer.json["rows"], answer.json["added"], answer.json["rejected"]) == (3, 2, 1)
    assert answer.json["rejections"][0]["line"] == 4
    assert upload(admin, LEDGER, words, reason="suppressed_unsubscribed", scope="email").json["added"] == 0
    out = admin.get(f"{LEDGER}/export")
    assert out.mimetype == "text/csv"
    assert "a@example.com,,,email,suppressed_unsubscribed,list:list.csv," in out.text
    assert upload(admin, LEDGER, "Colour\nred\n").json["code"] == "csv_columns"
    assert upload(admin, LEDGER, words, scope="fax").status_code == 422


def test_a_viewer_may_look_but_not_change(someone: Someone, tenant: UUID) -> None:
    viewer = someone(tenant, Role.VIEWER)
    assert viewer.get(LEDGER).status_code == 200
    assert viewer.get(AGREED).status_code == 200
    for path in (LEDGER, AGREED, f"{AGREED}/withdraw"):
        assert viewer.post(path, json={}).status_code in {403, 422}
    assert upload(viewer, LEDGER, "email\na@example.com\n").status_code == 403
    assert viewer.get(f"{LEDGER}/export").status_code == 403


def test_a_consent_is_recorded_shown_and_withdrawn(admin: FlaskClient, tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        lead = str(a_lead(session, tenant, email="grace@example.com").id)
    body = {
        "lead_id": lead,
        "channel": "sms",
        "source": "web form",
        "wording": "Text me",
        "evidence": {"ip": "192.0.2.1"},
    }
    assert admin.post(AGREED, json=body).status_code == 422
    kept = admin.post(AGREED, json=body | {"given_at": "2026-03-01T10:00:00+01:00"})
    assert (kept.status_code, kept.json["given_at"], kept.json["email"]) == (
        201, "2026-03-01T09:00:00+00:00", "grace@example.com",
    )  # fmt: skip
    assert admin.post(AGREED, json=body | {"given_at": "2999-01-01T00:00:00Z"}).status_code == 422
    assert admin.post(AGREED, json=body | {"given_at": "2026-03-01T10:00:00"}).status_code == 422
    unknown = body | {"given_at": "2026-03-01T10:00:00Z", "lead_id": str(uuid4())}
    assert admin.post(AGREED, json=unknown).status_code == 404
    ended = admin.post(f"{AGREED}/withdraw", json={"lead_id": lead, "channel": "sms", "reason": "wrote so"})
    assert ended.json == {"withdrawn": 1}
    (shown,) = admin.get(AGREED, query_string={"lead_id": lead}).json["items"]
    assert shown["withdrawn_at"]


def test_consents_are_taken_in_and_given_out(admin: FlaskClient, tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        a_lead(session, tenant, email="grace@example.com")
    rows = "grace@example.com,sms,form,Text me,2026-03-01\nx@example.com,sms,form,Text me,2026-03-01\n"
    answer = upload(admin, AGREED, "email,channel,source,wording,given_at\n" + rows)
    assert (answer.status_code, answer.json["added"], answer.json["rejected"]) == (201, 1, 1)
    assert (
        "grace@example.com,+12025550143,sms,form,Text me,2026-03-01T00:00:00+00:00,,"
        in admin.get(f"{AGREED}/export").text
    )


def test_nothing_of_another_tenants_can_be_taken_out_or_withdrawn(
    admin: FlaskClient, someone: Someone, other_tenant: UUID
) -> None:
    with db.transaction(other_tenant) as session:
        lead = a_lead(session, other_tenant, phone=None)
        entry = a_suppression(session, other_tenant, email=lead.email, reason="suppressed_manual")
    body = {"lead_id": str(lead.id), "channel": "sms", "reason": "mine"}
    assert admin.post(f"{LEDGER}/{entry.id}/remove", json={"reason": "mine"}).status_code == 404
    assert admin.post(f"{AGREED}/withdraw", json=body).status_code == 404
    owner = someone(other_tenant)
    assert owner.post(f"{AGREED}/withdraw", json=body).status_code == 200
    assert owner.post(f"{LEDGER}/{entry.id}/remove", json={"reason": "mine"}).status_code == 200
