"""Posts cut into events: the same event has the same name however it comes."""

import json

import pytest

from rex_celery.errors import RefusedError
from rex_celery.webhooks import posts

RAW = b"From: grace@example.com\r\nTo: ada@acme.example.com\r\nSubject: Re: Hello\r\n\r\nYes \xff please."


def test_events_are_named_by_sendgrid_or_by_what_they_say() -> None:
    named, unnamed, again = posts.sendgrid_events(
        b'[{"sg_event_id":"one","event":"open"},{"event":"open","email":"a"},{"email":"a","event":"open"}]'
    )
    assert named.event_id == "one"
    assert unnamed.event_id == again.event_id
    assert unnamed.event_id.startswith("sha256:")
    assert named.payload == {"sg_event_id": "one", "event": "open"}


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"[", b"\xff\xfe\x00", b"[" * 100_000, b"null", b'"a"'])
def test_what_is_no_list_of_events_is_refused(body: bytes) -> None:
    with pytest.raises(RefusedError) as refusal:
        posts.sendgrid_events(body)
    assert (refusal.value.status, refusal.value.code) == (400, "not_json")


def test_a_whole_mail_is_taken_as_it_is() -> None:
    item = posts.sendgrid_mail({"email": RAW, "envelope": b'{"from":"grace@example.com"}', "to": b"ada"})
    assert item.raw == RAW
    assert item.payload == {"envelope": '{"from":"grace@example.com"}'}
    assert posts.sendgrid_mail({"email": RAW}).event_id == item.event_id


def test_a_mail_that_was_taken_apart_is_put_together_again() -> None:
    headers = "From: grace@example.com\nContent-Type: multipart/alternative;\n boundary=abc\nIn-Reply-To: <a@b>\n"
    item = posts.sendgrid_mail(
        {
            "headers": headers.encode(),
            "text": "Grüße".encode("latin-1"),
            "html": b"<p>never</p>",
            "charsets": b'{"text":"iso-8859-1"}',
        }
    )
    head, _, body = (item.raw or b"").partition(b"\r\n\r\n")
    assert body.decode() == "Grüße"
    lines = head.decode().split("\r\n")
    assert lines[:2] == ["From: grace@example.com", "In-Reply-To: <a@b>"]
    assert "Content-Type: text/plain; charset=utf-8" in lines
    assert "boundary" not in head.decode()


def test_without_text_the_html_stands_for_it() -> None:
    item = posts.sendgrid_mail({"headers": b"From: a@example.com\n", "html": b"<p>Yes</p>", "charsets": b"[broken"})
    assert b"text/html" in (item.raw or b"")
    assert (item.raw or b"").endswith(b"<p>Yes</p>")


@pytest.mark.parametrize("fields", [{}, {"text": b"no headers"}, {"email": b" "}, {"headers": b" "}])
def test_a_post_without_a_mail_is_refused(fields: dict[str, bytes]) -> None:
    with pytest.raises(RefusedError) as refusal:
        posts.sendgrid_mail(fields)
    assert refusal.value.code == "no_mail"


def test_a_message_has_each_status_once() -> None:
    sent = posts.twilio_status({"MessageSid": "SM1", "MessageStatus": "sent"})
    assert (
        sent.event_id == posts.twilio_status({"SmsSid": "SM1", "SmsStatus": "sent", "New": "x"}).event_id == "SM1:sent"
    )
    assert posts.twilio_status({"MessageSid": "SM1", "MessageStatus": "delivered"}).event_id != sent.event_id
    assert posts.twilio_text({"MessageSid": "SM1", "Body": "STOP"}).event_id == "SM1:received"
    assert posts.twilio_status({"Odd": "1"}).event_id.startswith("sha256:")


def test_parameters_keep_their_order_and_the_empty_ones() -> None:
    assert posts.parameters(b"b=1&a=&b=2&c=%F0%9F%98%80+x") == [("b", "1"), ("a", ""), ("b", "2"), ("c", "😀 x")]


def test_a_form_of_thousands_of_parameters_is_refused() -> None:
    with pytest.raises(RefusedError):
        posts.parameters(b"&".join(b"a=1" for _ in range(posts.MOST_PARAMETERS + 1)))


def test_an_invitee_is_created_once_and_cancelled_once() -> None:
    def event(kind: str, at: str) -> bytes:
        return json.dumps({"event": kind, "created_at": at, "payload": {"uri": "https://example.com/i/1"}}).encode()

    created = posts.calendly(event("invitee.created", "1"))
    assert created.event_id == posts.calendly(event("invitee.created", "2")).event_id
    assert created.event_id != posts.calendly(event("invitee.canceled", "2")).event_id
    assert posts.calendly(b'{"event":"x"}').event_id.startswith("sha256:")
    with pytest.raises(RefusedError):
        posts.calendly(b"[]")
