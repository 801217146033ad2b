"""Gateways that follow every link of every mail change nothing, and the links still work for the person (P14)."""

import email
import re
from email.policy import default
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from rex_celery import config, db
from rex_celery.compliance import footer, unsubscribe
from rex_celery.models import Base
from tests.factories import a_lead, a_message, a_mission, an_outcome

PUBLIC = "https://mail.example.com"
LINK = re.compile(r"https?://[^\s<>\"]+")
OWNED = sorted(table.name for table in Base.metadata.tables.values() if "tenant_id" in table.columns)


@pytest.fixture(autouse=True)
def _public(monkeypatch: pytest.MonkeyPatch, database: object) -> None:
    monkeypatch.setattr(config.settings(), "public_url", PUBLIC)


@pytest.fixture
def letters(admin: FlaskClient, tenant: UUID) -> list[str]:
    """The mails of a mission as mail programs get them."""
    secret = config.settings().secret_key.get_secret_value()
    with db.transaction(tenant) as session:
        mission = a_mission(session, tenant, params={"sender": {"name": "Ada", "email": "ada@acme.example.com"}})
        ids = []
        for number in range(5):
            lead = a_lead(session, tenant, phone=None)
            an_outcome(session, mission, lead)
            message = a_message(session, mission, lead, state="planned" if number else "accepted")
            link = unsubscribe.link(PUBLIC, secret, tenant, message.id)
            message.body = footer.with_footer(message.body, "Ada", "1 Main Street", link)
            ids.append(message.id)
    return [admin.get(f"/api/rex/messages/{id_}.eml").text for id_ in ids]


def everything(tenant: UUID) -> dict[str, list[str]]:
    with db.transaction(tenant) as session:
        return {table: list(session.scalars(text(f"SELECT t::text FROM {table} AS t ORDER BY 1"))) for table in OWNED}


def links(letter: str) -> set[str]:
    """Every address in the headers and the body."""
    read = email.message_from_string(letter, policy=default)
    words = [str(value) for value in read.values()] + [
        part.get_content() for part in read.walk() if part.get_content_maintype() == "text"
    ]
    return {found for part in words for found in LINK.findall(part)}


def test_following_every_link_of_every_mail_changes_nothing(
    nobody: FlaskClient, tenant: UUID, letters: list[str]
) -> None:
    found = [link for letter in letters for link in links(letter)]
    assert len(found) >= len(letters)
    before = everything(tenant)
    for link in found:
        assert link.startswith(f"{PUBLIC}/")  # our own domain, whoever carries the mail
        path = link.removeprefix(PUBLIC)
        for method in ("GET", "HEAD", "OPTIONS", "GET"):
            for more in ("", "?utm_source=scan&x=1"):
                assert nobody.open(path + more, method=method).status_code == 200
    assert everything(tenant) == before


def test_one_click_is_offered_and_works_after_scanners_as_often_as_it_is_used(
    nobody: FlaskClient, tenant: UUID, letters: list[str]
) -> None:
    letter = email.message_from_string(letters[0], policy=default)
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (link,) = LINK.findall(letter["List-Unsubscribe"])
    path = link.removeprefix(PUBLIC)
    nobody.get(path)
    for _ in range(3):
        # RFC 8058: a form post, without cookies, a referrer or anything else.
        answer = nobody.post(path, data="List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    with db.transaction(tenant) as session:
        rows = session.execute(text("SELECT reason, source FROM suppressions")).all()
    assert [tuple(row) for row in rows] == [("suppressed_unsubscribed", "one_click")]
    # The person who comes later and looks again finds the page, not an error.
    assert nobody.get(path).status_code == 200
    assert nobody.post(path).status_code == 200
    assert len(everything(tenant)["suppressions"]) == 1


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain", "application/json", ""])
def test_a_post_in_another_form_is_a_person_who_wants_out_too(
    nobody: FlaskClient, tenant: UUID, letters: list[str], kind: str
) -> None:
    (link,) = {one for one in links(letters[0]) if "/u/" in one}
    body = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    assert nobody.post(link.removeprefix(PUBLIC), data=body, content_type=kind).status_code == 200
    assert len(everything(tenant)["suppressions"]) == 1
