"""SendGrid's events from the door to the message: any order, any number of times, the same end."""

import base64
import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from rex_celery import broker, clock, db
from rex_celery.models import Lead, Message
from rex_celery.outreach import receiving
from rex_celery.webhooks import posts, receive
from rex_celery.webhooks.receive import Source
from tests.factories import a_connection, a_lead, a_message, a_mission, a_sequence, an_enrolment, an_inbox

Owner = psycopg.Connection[tuple[object, ...]]
STORIES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "webhooks/sendgrid_events.json").read_text("utf-8")
)
SENT = timedelta(days=4)


@pytest.fixture(autouse=True)
def _alone(owner_connection: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    owner_connection.execute("TRUNCATE inbound_events")
    monkeypatch.setattr(broker, "publish", lambda _: None)


def a_sent_message(tenant: UUID) -> tuple[Message, Lead]:
    """An accepted first message of somebody who has a second one to come."""
    at = clock.now() - SENT
    with db.transaction(tenant) as session:
        mission, lead = a_mission(session, tenant), a_lead(session, tenant, phone=None)
        inbox = an_inbox(session, tenant, provider="sendgrid", connection_id=a_connection(session, tenant).id)
        enrolment = an_enrolment(session, mission, lead, a_sequence(session, tenant))
        known = {"enrolment_id": enrolment.id, "inbox_id": inbox.id, "recipient_provider": "other"}
        sent = {"state": "accepted", "provider": "sendgrid", "sent_at": at, "provider_id": f"id-{enrolment.id.hex}"}
        first = a_message(session, mission, lead, step_key="first", position=0, **known, **sent)
        a_message(session, mission, lead, step_key="second", position=1, **known)
        return first, lead


def told(message: Message, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events as SendGrid posts them about this message."""
    sent = message.sent_at or clock.now()
    return [_posted(message, sent, number, dict(event)) for number, event in enumerate(events)]


def _posted(message: Message, sent: datetime, number: int, event: dict[str, Any]) -> dict[str, Any]:
    after, without = event.pop("after"), event.pop("without", [])
    name = base64.urlsafe_b64encode(f"{number}-{event['event']}-{message.id}".encode()).decode()
    every = {
        "email": message.recipient,
        "timestamp": int(sent.timestamp()) + after,
        "smtp-id": f"<{message.id}@acme.example.com>",
        "sg_event_id": name,
        "sg_message_id": f"{message.provider_id}.recvd-5d7f8f9c8-abcde-1-68E6F0A1-3.0",
        "rex_message_id": str(message.id),
        "category": ["rex"],
    }
    return {key: value for key, value in (every | event).items() if key not in without}


def come_in(tenant: UUID, events: list[dict[str, Any]], size: int = 4) -> None:
    """Posted in batches, each applied before the next comes."""
    for start in range(0, len(events), size):
        with db.transaction(tenant) as session:
            items = posts.sendgrid_events(json.dumps(events[start : start + size]).encode())
            receive.keep(session, tenant, Source(None, "sendgrid", "sendgrid.event"), items)
        receiving.run_round()


def end(tenant: UUID, message: Message) -> dict[str, object]:
    """What the events came to."""
    with db.transaction(tenant) as session:
        state = session.execute(
            text("SELECT state, reason, delivered_at FROM messages WHERE id = :id"), {"id": message.id}
        ).one()
        facts = session.scalars(
            text("SELECT kind FROM delivery_facts WHERE message_id = :id ORDER BY kind"), {"id": message.id}
        ).all()
        stops = session.scalars(
            text("SELECT DISTINCT reason FROM suppressions WHERE lead_id = :lead"), {"lead": message.lead_id}
        ).all()
        enrolment = session.execute(
            text("SELECT state, planned, sent, suppressed, skipped, failed, pending FROM enrolments")
        ).all()
    return {
        "state": state.state,
        "reason": state.reason,
        "arrived": state.delivered_at is not None,
        "facts": list(facts),
        "stops": list(stops),
        "enrolment": [tuple(row) for row in enrolment],
    }


@pytest.mark.parametrize("name", STORIES)
def test_the_story_ends_as_it_should(tenant: UUID, name: str) -> None:
    message, _ = a_sent_message(tenant)
    come_in(tenant, told(message, STORIES[name]["events"]))
    found = end(tenant, message)
    assert (found["state"], found["reason"]) == (STORIES[name]["state"], STORIES[name].get("reason"))
    assert found["stops"] == ([STORIES[name]["suppressed"]] if STORIES[name]["suppressed"] else [])
    assert len(found["facts"]) == len(STORIES[name]["events"])  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", STORIES)
def test_shuffled_and_three_times_over_it_ends_the_same(tenant: UUID, other_tenant: UUID, name: str, seed: int) -> None:
    events = STORIES[name]["events"]  # P9
    straight, _ = a_sent_message(tenant)
    come_in(tenant, told(straight, events))
    shaken, _ = a_sent_message(other_tenant)
    mixed = told(shaken, events) * 3
    random.Random(seed).shuffle(mixed)  # noqa: S311
    come_in(other_tenant, mixed, size=1 + seed)
    assert end(other_tenant, shaken) == end(tenant, straight)


def test_a_bounce_without_any_id_finds_the_message_by_address_and_time(tenant: UUID) -> None:
    message, lead = a_sent_message(tenant)  # P10
    (bounce,) = [one for one in told(message, STORIES[WITHOUT_ID]["events"]) if one["event"] == "bounce"]
    assert not {"sg_message_id", "smtp-id", "rex_message_id"} & bounce.keys()
    come_in(tenant, [bounce | {"email": lead.email.upper() if lead.email else ""}])
    assert end(tenant, message)["state"] == "bounced"


WITHOUT_ID = "bounces days after it was delivered, without the message's id"


def test_an_event_that_names_nothing_of_ours_is_kept_and_reported(tenant: UUID, other_tenant: UUID) -> None:
    theirs, _ = a_sent_message(other_tenant)
    (event,) = told(theirs, [{"event": "delivered", "after": 3}])
    come_in(tenant, [event | {"email": "stranger@example.com"}])
    for _ in range(2):
        with db.transaction(tenant) as session:
            session.execute(text("UPDATE inbound_events SET run_after = NULL"))
        receiving.run_round()
    with db.transaction(tenant) as session:
        row = session.execute(text("SELECT state, note FROM inbound_events")).one()
    assert tuple(row) == ("unmatched", "It names no message of this tenant.")
    assert end(other_tenant, theirs)["facts"] == []


def test_an_event_that_comes_before_we_know_the_message_is_applied_when_we_do(tenant: UUID) -> None:
    message, _ = a_sent_message(tenant)
    (event,) = told(message, [{"event": "delivered", "after": 3, "without": ["rex_message_id", "smtp-id"]}])
    rename = text("UPDATE messages SET provider_id = :name WHERE id = :id")
    with db.transaction(tenant) as session:
        session.execute(rename, {"name": None, "id": message.id})
    come_in(tenant, [event | {"email": ""}])
    assert end(tenant, message)["state"] == "accepted"
    with db.transaction(tenant) as session:
        session.execute(rename, {"name": message.provider_id, "id": message.id})
        session.execute(text("UPDATE inbound_events SET run_after = NULL"))
    receiving.run_round()
    assert end(tenant, message)["state"] == "delivered"


def test_what_is_about_the_account_is_ignored_and_what_cannot_be_read_fails_alone(tenant: UUID) -> None:
    message, _ = a_sent_message(tenant)
    good, account, broken = told(message, [{"event": name, "after": 3} for name in ("delivered", "account_status_change", "open")])  # fmt: skip  # noqa: E501
    come_in(tenant, [account, broken | {"timestamp": "yesterday"}, good])
    with db.transaction(tenant) as session:
        rows = session.execute(text("SELECT event_id, state, note FROM inbound_events")).all()
    states = {row.event_id: row.state for row in rows}
    assert [states[one["sg_event_id"]] for one in (good, account, broken)] == ["applied", "ignored", "failed"]
    assert "timestamp" in next(row.note for row in rows if row.state == "failed")
    assert end(tenant, message)["state"] == "delivered"
