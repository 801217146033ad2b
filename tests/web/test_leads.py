"""Uploading lists and looking at leads over HTTP."""

import io
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from rex_celery import config, db
from rex_celery.models import ImportRejection
from tests.factories import a_lead, an_import

IMPORT = "/api/rex/leads/import"


def upload(client: FlaskClient, content: bytes, **fields: str) -> tuple[int, dict[str, object]]:
    answer = client.post(IMPORT, data={"file": (io.BytesIO(content), "people.csv")} | fields)
    # The test client keeps a large body on the disk and leaves it open.
    answer.request.environ["wsgi.input"].close()
    assert isinstance(answer.json, dict)
    return answer.status_code, answer.json


def test_every_row_becomes_a_person_a_merge_or_a_rejection(admin: FlaskClient) -> None:
    rows = b"email,first_name\nada@example.com,Ada\nADA@example.com,Ada\nnot an address,Bob\n"
    status, imported = upload(admin, rows)
    assert status == 201, imported
    assert (imported["rows"], imported["created"], imported["merged"], imported["rejected"]) == (3, 1, 1, 1)
    (rejection,) = imported["rejections"]  # type: ignore[misc]
    assert rejection["line"] == 4
    file = admin.get(str(imported["rejections_url"]))
    assert file.mimetype == "text/csv"
    assert file.text.splitlines()[1].startswith("4,")
    assert admin.get(f"/api/rex/leads/imports/{imported['id']}").json == imported
    assert [one["id"] for one in admin.get("/api/rex/leads/imports").json["items"]] == [imported["id"]]
    (lead,) = admin.get("/api/rex/leads", query_string={"import_id": imported["id"]}).json["items"]
    assert lead["email"] == "ada@example.com"
    assert admin.get(f"/api/rex/leads/{lead['id']}").json["email"] == "ada@example.com"


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (b"", {}),
        (b"name,age\nAda,36\n", {}),
        (b"email\na@example.com\n", {"mapping": "["}),
        (b"email\n", {"mapping": "7"}),
    ],
)
def test_a_file_or_mapping_that_cannot_be_used_is_refused_and_leaves_no_trace(
    admin: FlaskClient, tenant: UUID, content: bytes, fields: dict[str, str]
) -> None:
    status, problem = upload(admin, content, **fields)
    assert status == 422
    assert problem["detail"]
    with db.transaction(tenant) as session:
        assert session.execute(text("SELECT count(*) FROM imports")).scalar_one() == 0
        assert session.execute(text("SELECT count(*) FROM leads")).scalar_one() == 0


def test_an_upload_without_a_file_says_what_is_missing(admin: FlaskClient) -> None:
    answer = admin.post(IMPORT, data={"colour": "red"}, content_type="multipart/form-data")
    assert {problem["where"] for problem in answer.json["errors"]} == {"body.file", "body.colour"}


def test_a_file_above_the_limit_is_refused(admin: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings(), "upload_megabytes", 1)
    status, problem = upload(admin, b"email\n" + b"x" * 1_100_000)
    assert (status, problem["code"]) == (413, "too_large")


def test_a_file_may_be_larger_than_any_other_body(admin: FlaskClient) -> None:
    rows = b"".join(b"p%d@example.com,%s\n" % (n, b"n" * 500) for n in range(3000))
    status, imported = upload(admin, b"email,notes\n" + rows)
    assert (status, imported["created"]) == (201, 3000)


def test_rejected_values_cannot_become_formulas(admin: FlaskClient, tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        imported = an_import(session, tenant, a_lead(session, tenant), rejected=1)
        session.add(ImportRejection(tenant_id=tenant, import_id=imported.id, line=2, value="=1+1", reason="bad"))
    file = admin.get(f"/api/rex/leads/imports/{imported.id}/rejections")
    assert file.text.splitlines() == ["line,column,value,reason", "2,,'=1+1,bad"]


def test_leads_are_found_by_their_words(admin: FlaskClient, tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        a_lead(session, tenant, first_name="Ada", company="100% Tea_House")
        a_lead(session, tenant, first_name="Bob")
    assert len(admin.get("/api/rex/leads", query_string={"query": "0% tea_"}).json["items"]) == 1
    assert admin.get("/api/rex/leads", query_string={"query": "_da"}).json["items"] == []
    page = admin.get("/api/rex/leads", query_string={"limit": 1}).json
    rest = admin.get("/api/rex/leads", query_string={"cursor": page["next_cursor"]}).json
    assert {lead["first_name"] for lead in page["items"] + rest["items"]} == {"Ada", "Bob"}
