"""Looking changes nothing; pressing the button suppresses the person."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic
from uuid import UUID

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from rex_celery import config, db
from rex_celery.compliance import unsubscribe
from tests.factories import a_lead, a_message, a_mission, an_outcome


@pytest.fixture
def link(tenant: UUID) -> str:
    with db.transaction(tenant) as session:
        lead, mission = a_lead(session, tenant), a_mission(session, tenant)
        message = a_message(session, mission, lead)
        an_outcome(session, mission, lead)
    secret = config.settings().secret_key.get_secret_value()
    return f"/u/{unsubscribe.token(secret, tenant, message.id)}"


def suppressed(tenant: UUID) -> list[str]:
    with db.transaction(tenant) as session:
        return list(session.scalars(text("SELECT source FROM suppressions")))


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_changes_nothing(nobody: FlaskClient, tenant: UUID, link: str, method: str) -> None:
    answer = nobody.open(link, method=method)
    assert answer.status_code == 200
    assert suppressed(tenant) == []
    with db.transaction(tenant) as session:
        assert session.execute(text("SELECT state FROM messages")).scalar_one() == "planned"
        assert session.execute(text("SELECT count(*) FROM events")).scalar_one() == 0


def test_the_page_has_a_button_and_tells_no_other_site(nobody: FlaskClient, link: str) -> None:
    page = nobody.get(link)
    assert '<form method="post">' in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]


def test_the_button_suppresses_the_person_and_what_waits(nobody: FlaskClient, tenant: UUID, link: str) -> None:
    assert nobody.post(link).status_code == 200
    assert suppressed(tenant) == ["unsubscribe_page"]
    with db.transaction(tenant) as session:
        assert session.execute(text("SELECT state, reason FROM outcomes")).one() == (
            "suppressed",
            "suppressed_unsubscribed",
        )
    nobody.post(link)
    assert len(suppressed(tenant)) == 1


def test_one_click_needs_no_cookie_no_token_and_knows_no_limit(
    nobody: FlaskClient, tenant: UUID, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config.settings(), "requests_per_minute", 1)
    statuses = {nobody.post(link, data={"List-Unsubscribe": "One-Click"}).status_code for _ in range(3)}
    assert statuses == {200}
    assert suppressed(tenant) == ["one_click"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_broken_link_says_what_to_do(nobody: FlaskClient, tenant: UUID, link: str, method: str) -> None:
    page = nobody.open(link[:-3], method=method)
    assert page.status_code == 404
    assert page.mimetype == "text/html"
    assert "whole link" in page.text
    assert suppressed(tenant) == []


def test_what_somebody_asked_for_outlives_a_deadlock(
    nobody: FlaskClient, tenant: UUID, link: str, owner_connection: psycopg.Connection[tuple[object, ...]]
) -> None:
    held = Event()

    def cross() -> None:
        with db.transaction(tenant) as session:
            session.execute(text("SELECT FROM outcomes FOR UPDATE"))
            held.set()
            ends = monotonic() + 10
            while owner_connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() == (0,):
                assert monotonic() < ends
            session.execute(text("SELECT FROM messages FOR UPDATE"))

    with ThreadPoolExecutor(1) as pool:
        rival = pool.submit(cross)
        assert held.wait(10)
        assert nobody.post(link).status_code == 200
        rival.result(10)
    assert suppressed(tenant) == ["unsubscribe_page"]
