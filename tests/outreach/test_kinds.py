"""From the post to its effect: a text message, its status, a mail and a booking."""

import json
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from rex_celery import broker, clock, db
from rex_celery.models import Lead, Message
from rex_celery.outreach import kinds, receiving
from rex_celery.webhooks import posts, receive
from rex_celery.webhooks.receive import Item, Source
from tests.factories import a_connection, a_lead, a_message, a_mission, a_sequence, an_enrolment, an_inbox

Owner = psycopg.Connection[tuple[object, ...]]
MAIL = """From: Grace <{sender}>
To: Ada <{inbox}>
Subject: Re: Shall we pick this up again?
Message-ID: <answer@example.com>
In-Reply-To: <{message_id}@acme.example.com>
Date: Fri, 20 Nov 2026 09:00:00 +0000
Content-Type: text/plain; charset=utf-8

Yes, let us talk next week.
"""


@pytest.fixture(autouse=True)
def _alone(owner_connection: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    owner_connection.execute("TRUNCATE inbound_events")
    monkeypatch.setattr(broker, "publish", lambda _: None)


def sent(tenant: UUID, channel: str, provider: str) -> tuple[Lead, Message, str]:
    """Somebody who got a first message on this channel, and the address that it came from."""
    with db.transaction(tenant) as session:
        mission, lead = a_mission(session, tenant), a_lead(session, tenant, phone="+12025550161")
        address = "+12025550100" if channel == "sms" else "ada@acme.example.com"
        account = a_connection(session, tenant, provider=provider).id
        inbox = an_inbox(session, tenant, channel=channel, provider=provider, address=address, connection_id=account)
        enrolment = an_enrolment(session, mission, lead, a_sequence(session, tenant))
        way = {"channel": channel, "provider": provider, "provider_id": "SM1", "inbox_id": inbox.id}
        past = {"state": "accepted", "sent_at": clock.now() - timedelta(hours=1)}
        to = lead.phone if channel == "sms" else lead.email
        message = a_message(session, mission, lead, recipient=to, enrolment_id=enrolment.id, position=0, **way, **past)
        a_message(session, mission, lead, step_key="second", position=1, enrolment_id=enrolment.id)
        return lead, message, address


def come_in(tenant: UUID, kind: str, item: Item) -> list[tuple[str, str | None]]:
    """Keep and apply one event; what became of all there are."""
    with db.transaction(tenant) as session:
        receive.keep(session, tenant, Source(None, kind.partition(".")[0], kind), [item])
    receiving.run_round()
    with db.transaction(tenant) as session:
        return [tuple(row) for row in session.execute(text("SELECT state, note FROM inbound_events ORDER BY id"))]


def scalar(tenant: UUID, statement: str, **values: object) -> object:
    with db.transaction(tenant) as session:
        return session.execute(text(statement), values).scalar()


def test_people_come_before_delivery_reports() -> None:
    order = list(kinds.APPLY)
    reports = {"twilio.status", "sendgrid.event"}
    assert set(order[-2:]) == reports  # P6
    assert {"twilio.inbound", "sendgrid.inbound", "imap"} == set(order[:3])


def test_a_status_of_a_text_message_moves_the_message(tenant: UUID) -> None:
    _, message, _ = sent(tenant, "sms", "twilio")
    found = come_in(tenant, "twilio.status", posts.twilio_status({"MessageSid": "SM1", "MessageStatus": "delivered"}))
    assert found == [("applied", None)]
    assert scalar(tenant, "SELECT state FROM messages WHERE id = :id", id=message.id) == "delivered"


def test_stop_by_text_message_stops_the_person(tenant: UUID) -> None:
    lead, _, ours = sent(tenant, "sms", "twilio")
    stop = {"MessageSid": "SM9", "From": str(lead.phone), "To": ours, "Body": "STOP"}
    assert come_in(tenant, "twilio.inbound", posts.twilio_text(stop)) == [("applied", None)]
    assert scalar(tenant, "SELECT count(*) FROM suppressions WHERE phone = :phone", phone=lead.phone) == 1
    assert scalar(tenant, "SELECT state FROM enrolments") == "stopped"


def test_a_text_message_from_nobody_fails_at_once_with_what_is_missing(tenant: UUID) -> None:
    ((state, note),) = come_in(tenant, "twilio.inbound", posts.twilio_text({"MessageSid": "SM9", "Body": "hi"}))
    assert state == "failed"
    assert note
    assert "form.From" in note


@pytest.mark.parametrize("kind", ["sendgrid.inbound", "imap"])
def test_a_mail_that_answers_ends_the_sequence(tenant: UUID, kind: str) -> None:
    lead, message, ours = sent(tenant, "email", "sendgrid")
    raw = MAIL.format(sender=lead.email, inbox=ours, message_id=message.id).encode()
    assert come_in(tenant, kind, posts.sendgrid_mail({"email": raw})) == [("applied", None)]
    assert scalar(tenant, "SELECT count(*) FROM replies WHERE lead_id = :lead", lead=lead.id) == 1
    assert scalar(tenant, "SELECT state FROM enrolments") == "stopped"


def test_a_booking_that_cannot_be_read_fails_and_one_that_says_nothing_is_ignored(tenant: UUID) -> None:
    broken = posts.calendly(json.dumps({"event": "invitee.created", "payload": {"uri": "https://x"}}).encode())
    ((state, note),) = come_in(tenant, "calendly", broken)
    assert state == "failed"
    assert note
    found = come_in(tenant, "calendly", posts.calendly(b'{"event": "routing_form_submission.created"}'))
    assert found[1] == ("ignored", "It changes no meeting.")
