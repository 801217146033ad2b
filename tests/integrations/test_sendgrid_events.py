"""What SendGrid's event webhook tells, read."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rex_celery.errors import InvalidError
from rex_celery.integrations.sendgrid import read_event, read_events

ID = "0b9e3c0e-9a5f-4f5e-8d7b-1f2e3d4c5b6a"


def an_event(event: str, **fields: object) -> dict[str, Any]:
    known = {
        "email": "kim@example.com",
        "timestamp": 1513299569,
        "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
        "event": event,
        "category": ["rex"],
        "sg_event_id": f"id-of-{event}",
        "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
        "rex_message_id": ID,
    }
    return known | fields


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("processed", "accepted"),
        ("delivered", "delivered"),
        ("deferred", "deferred"),
        ("dropped", "dropped"),
        ("spamreport", "complained"),
        ("unsubscribe", "unsubscribed"),
        ("group_unsubscribe", "unsubscribed"),
        ("open", "opened"),
        ("click", "clicked"),
        ("group_resubscribe", "other"),
        ("account_status_change", "other"),
        ("a_new_kind", "other"),
    ],
)
def test_every_kind_of_event_has_its_meaning(event: str, kind: str) -> None:
    read = read_event(an_event(event))
    assert (read.kind, read.provider, read.source) == (kind, "sendgrid", "webhook")
    assert read.event_id == f"id-of-{event}"
    assert read.at == datetime(2017, 12, 15, 0, 59, 29, tzinfo=UTC)
    assert read.message_id == UUID(ID)
    assert read.provider_message_id == "14c5d75ce93"
    assert read.rfc_message_id == "<14c5d75ce93.dfd.64b469@ismtpd-555>"
    assert read.recipient == "kim@example.com"


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"bounce_classification": "Invalid Address", "status": "5.1.1"}, "bounced"),
        ({"bounce_classification": "Invalid Address", "reason": "550 mailbox"}, "bounced"),
        ({"bounce_classification": "Mailbox Unavailable", "reason": "552 5.2.2 full"}, "blocked"),
        ({"bounce_classification": "Mailbox Unavailable", "reason": "550 5.1.1 gone"}, "bounced"),
        ({"bounce_classification": "Unclassified", "reason": "550 user unknown"}, "bounced"),
        ({"reason": "550 5.1.1 The email account does not exist", "status": "5.0.0"}, "bounced"),
        ({"reason": "500 unknown recipient", "status": "5.0.0"}, "blocked"),
        ({"bounce_classification": "Reputation", "reason": "550 5.1.1 user unknown"}, "blocked"),
        ({"bounce_classification": "Content", "status": "5.7.1"}, "blocked"),
        ({"bounce_classification": "Frequency or Volume Too High", "status": "4.7.0"}, "blocked"),
        ({"bounce_classification": "Technical Failure"}, "blocked"),
        ({"reason": "550 5.7.26 unauthenticated"}, "blocked"),
        ({"type": "blocked", "bounce_classification": "Invalid Address"}, "blocked"),
    ],
)
def test_only_a_dead_address_is_a_bounce_and_all_else_is_the_senders_problem(
    fields: dict[str, object], kind: str
) -> None:
    read = read_event(an_event("bounce", **({"type": "bounce"} | fields)))
    assert read.kind == kind
    assert read.classification == fields.get("bounce_classification", "")


def test_a_drop_is_not_a_new_bounce() -> None:
    read = read_event(an_event("dropped", reason="Bounced Address", status="5.0.0"))
    assert (read.kind, read.code) == ("dropped", "Bounced Address")


def test_an_asynchronous_bounce_without_a_message_id_still_names_the_message_or_the_person() -> None:
    # P10: such a bounce comes without sg_message_id and smtp-id.
    event = an_event("bounce", bounce_classification="Invalid Address", type="bounce")
    del event["sg_message_id"], event["smtp-id"]
    read = read_event(event)
    assert (read.message_id, read.provider_message_id, read.rfc_message_id) == (UUID(ID), "", "")
    del event["rex_message_id"]
    assert (read_event(event).message_id, read_event(event).recipient) == (None, "kim@example.com")


def test_an_open_by_a_machine_is_known_as_one() -> None:
    assert read_event(an_event("open", sg_machine_open=True)).evidence == "machine"
    assert read_event(an_event("open", sg_machine_open=False)).evidence == ""
    assert read_event(an_event("click")).evidence == ""


def test_a_deferral_keeps_what_the_server_said() -> None:
    read = read_event(an_event("deferred", response="451 4.7.1 Greylisted", attempt="5"))
    assert (read.code, read.details["attempt"]) == ("4.7.1", "5")
    assert read_event(an_event("delivered", response="250 OK")).code == "250"


def test_an_event_without_a_name_has_the_same_one_each_time() -> None:
    event = an_event("delivered", sg_event_id=None)
    assert read_event(event).event_id == read_event(dict(reversed(event.items()))).event_id
    assert read_event(event).event_id != read_event(event | {"timestamp": 1513299570}).event_id


def test_a_post_is_read_in_its_order() -> None:
    body = json.dumps([an_event("processed"), an_event("delivered")], indent=2).encode()
    assert [read.kind for read in read_events(body)] == ["accepted", "delivered"]
    assert read_events(b"[]") == []


@pytest.mark.parametrize("value", ["not a uuid", 7, None, ["x"], {}])
def test_somebody_elses_argument_of_our_name_is_no_message(value: object) -> None:
    assert read_event(an_event("delivered", rex_message_id=value)).message_id is None


@pytest.mark.parametrize("body", [b"", b"{}", b"nonsense", b'["x"]', b"[null]", b"\xff\xfe", b"[" * 5000])
def test_what_is_no_list_of_events_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidError):
        read_events(body)


def test_everything_that_is_wrong_is_named() -> None:
    body = json.dumps([an_event("open"), {"event": "", "timestamp": -1}, {"timestamp": "soon"}]).encode()
    with pytest.raises(InvalidError) as refusal:
        read_events(body)
    assert [problem.where for problem in refusal.value.problems] == [
        "body.1.event",
        "body.1.timestamp",
        "body.2.event",
        "body.2.timestamp",
    ]


@given(
    some.dictionaries(
        some.sampled_from(
            [*an_event("bounce"), "reason", "status", "response", "type", "bounce_classification", "sg_machine_open"]
        ),
        some.none() | some.booleans() | some.integers() | some.floats() | some.text() | some.lists(some.text()),
    )
)
def test_whatever_comes_is_read_or_refused(fields: dict[str, object]) -> None:
    try:
        read = read_event(an_event("bounce") | fields)
    except InvalidError:
        return
    assert read.event_id
