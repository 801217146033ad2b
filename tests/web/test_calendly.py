"""A booking at Calendly, from its signed post to the stopped sequence; an unsigned one changes nothing."""

import hashlib
import hmac
import json
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.outreach import receiving
from rex_celery.tenancy import credentials
from tests.factories import a_connection, a_lead, a_mission, a_sequence, an_enrolment
from tests.integrations.calendly_events import created

KEY = "a signing key"


@pytest.fixture
def door(tenant: UUID) -> str:
    secret = credentials.encrypt({"signing_key": KEY})
    with db.transaction(tenant) as session:
        lead, mission = a_lead(session, tenant, email="grace@example.com"), a_mission(session, tenant)
        an_enrolment(session, mission, lead, a_sequence(session, tenant))
        return f"/api/rex/webhooks/calendly/{a_connection(session, tenant, provider='calendly', secret=secret).id}"


def post(client: FlaskClient, door: str, key: str) -> int:
    body, moment = json.dumps(created()).encode(), str(int(clock.now().timestamp()))
    mark = hmac.new(key.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"Calendly-Webhook-Signature": f"t={moment},v1={mark}", "Content-Type": "application/json"}
    return client.post(door, data=body, headers=headers).status_code


def test_a_signed_booking_stops_the_sequence_once(nobody: FlaskClient, tenant: UUID, door: str) -> None:
    assert [post(nobody, door, KEY) for _ in range(2)] == [204, 204]
    receiving.run_round()
    with db.transaction(tenant) as session:
        assert session.scalars(text("SELECT state FROM meetings")).all() == ["booked"]
        assert session.execute(text("SELECT state, reason FROM enrolments")).one() == ("stopped", "meeting_booked")
        assert session.scalars(text("SELECT state FROM inbound_events")).all() == ["applied"]


def test_an_unsigned_booking_is_refused_and_not_stored(nobody: FlaskClient, tenant: UUID, door: str) -> None:
    assert post(nobody, door, "another key") == 401
    receiving.run_round()
    with db.transaction(tenant) as session:
        assert session.scalar(text("SELECT count(*) FROM inbound_events")) == 0
        assert session.scalars(text("SELECT state FROM enrolments")).all() == ["active"]
