"""Calendly's webhooks: only its own are believed, and both halves of a move are told apart from a cancellation."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from rex_celery.errors import ProviderRejectedError
from rex_celery.integrations import calendly
from tests.integrations.calendly_events import INVITEE, canceled, created

KEY = "5mEzn9C-I28UtwOjZJtFoob0sAAFZ95GbZkqj4y3i0I"
BODY = b'{"event":"invitee.created","payload":{"name":"Zo\\u00eb  Test"},\n"created_by":"x"}'
AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
# printf '1780315200.%s' "$BODY" | openssl dgst -sha256 -hmac "$KEY"
GOLDEN = "t=1780315200,v1=196335d4dc7dd960ae0aba9ecac6c605112c2ecbe1552d3698c4b127ff72976d"


def test_the_golden_vector_is_accepted() -> None:
    assert calendly.verify(KEY, BODY, GOLDEN, AT)
    assert calendly.verify(KEY, BODY, GOLDEN.replace(",", ", "), AT)


@pytest.mark.parametrize(
    ("key", "body", "header"),
    [
        ("other", BODY, GOLDEN),
        ("", BODY, GOLDEN),
        (KEY, BODY + b" ", GOLDEN),
        (KEY, json.dumps(json.loads(BODY)).encode(), GOLDEN),
        (KEY, BODY, GOLDEN.replace("t=1780315200", "t=1780315201")),
        (KEY, BODY, GOLDEN[:-1] + ("0" if GOLDEN[-1] != "0" else "1")),
        (KEY, BODY, GOLDEN.partition(",")[2]),
        (KEY, BODY, "t=,v1="),
        (KEY, BODY, ""),
        (KEY, BODY, "t=1780315200,v1=\u00e9"),
    ],
)
def test_anything_else_is_refused(key: str, body: bytes, header: str) -> None:
    assert not calendly.verify(key, body, header, AT)


@pytest.mark.parametrize(("seconds", "believed"), [(180, True), (-180, True), (181, False), (-181, False)])
def test_a_signature_is_worth_three_minutes(seconds: int, believed: bool) -> None:  # noqa: FBT001  a case
    assert calendly.verify(KEY, BODY, GOLDEN, AT + timedelta(seconds=seconds)) is believed


def test_the_tolerance_can_be_wider() -> None:
    assert calendly.verify(KEY, BODY, GOLDEN, AT + timedelta(hours=23), timedelta(hours=24))


def test_a_booking_is_read() -> None:
    read = calendly.read(created(tracking={"utm_content": "opaque", "utm_source": None}))
    assert read
    assert (read.kind, read.invitee, read.person, read.email) == (
        "invitee.created",
        INVITEE,
        "opaque",
        "grace@example.com",
    )
    assert read.starts_at == datetime(2026, 6, 8, 15, tzinfo=UTC)
    assert (read.moved, read.old_invitee, read.title) == (False, "", "Intro call")


def test_the_halves_of_a_move_name_each_other() -> None:
    first, second = calendly.read(canceled(rescheduled=True, new_invitee="B")), calendly.read(created(old_invitee="A"))
    assert first
    assert first.moved
    assert second
    assert second.old_invitee == "A"


def test_a_cancellation_brings_its_reason() -> None:
    read = calendly.read(canceled(cancellation={"reason": "on\nholiday", "canceled_by": "Grace"}))
    assert read
    assert (read.moved, read.reason) == (False, "on holiday")


def test_other_events_are_none_of_ours() -> None:
    assert calendly.read({"event": "routing_form_submission.created", "payload": {}}) is None
    assert calendly.read({}) is None


@pytest.mark.parametrize(
    "broken",
    [
        {"email": None},
        {"uri": ""},
        {"scheduled_event": {}},
        {"scheduled_event": {"start_time": "2026-06-08T15:00:00Z", "end_time": "2026-06-08T15:00:00Z"}},
        {"scheduled_event": {"start_time": "2026-06-08T15:00:00", "end_time": "2026-06-08T16:00:00"}},
    ],
)
def test_an_event_that_cannot_be_read_is_refused_without_repeating_it(broken: dict[str, object]) -> None:
    with pytest.raises(ProviderRejectedError) as refused:
        calendly.read(created(**broken))
    assert "grace@" not in refused.value.detail


def test_a_link_carries_the_person_and_keeps_the_rest() -> None:
    made = calendly.link("https://calendly.com/ada/intro?month=2026-06&utm_content=old", "a b")
    assert made == "https://calendly.com/ada/intro?month=2026-06&utm_content=a+b"
