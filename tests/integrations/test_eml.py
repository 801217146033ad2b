"""Messages as bytes."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_celery.errors import ProviderRejectedError
from rex_celery.integrations.base import Mailbox, OutboundEmail, message_id_of
from rex_celery.integrations.eml import as_eml

SENDER = Mailbox("maria@north.example", "Maria Lopez")
MESSAGE = OutboundEmail(
    message_id=message_id_of(UUID(int=7), SENDER),
    sender=SENDER,
    recipient=Mailbox("kim@example.com", "Kim Lee"),
    subject="Still open, Kim?",
    body="Hello Kim,\n\nreply “no thanks” — and I stop.\n.\n.leading dot\n",
    unsubscribe_url="https://rex.example/u/" + "a" * 120,
    sent_at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
)


def test_a_message_reads_back_as_it_was_written() -> None:
    read = message_from_bytes(as_eml(MESSAGE), policy=policy.default)
    assert read["From"] == "Maria Lopez <maria@north.example>"
    assert read["To"] == "Kim Lee <kim@example.com>"
    assert read["Subject"] == MESSAGE.subject
    assert read["Message-ID"] == "<00000000-0000-0000-0000-000000000007@north.example>"
    assert read["Date"].datetime == MESSAGE.sent_at
    assert read.get_content_type() == "text/plain"
    assert read.get_content().replace("\r\n", "\n") == MESSAGE.body


def test_one_click_unsubscribing_stands_on_one_line_each() -> None:
    lines = as_eml(MESSAGE).decode("ascii").split("\r\n")
    assert f"List-Unsubscribe: <{MESSAGE.unsubscribe_url}>" in lines
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines


def test_lines_end_in_crlf_and_are_short_enough_for_every_server() -> None:
    lines = as_eml(replace(MESSAGE, body="x" * 5000)).split(b"\r\n")
    assert max(map(len, lines)) < 998
    assert not any(b"\n" in line or b"\r" in line for line in lines)


def test_names_and_subjects_beyond_ascii_survive() -> None:
    long = "Grüße aus Köln " * 12
    content = as_eml(replace(MESSAGE, subject=long.strip(), recipient=Mailbox("kim@example.com", "Åsa “Ås” 李, Dr.")))
    read = message_from_bytes(content, policy=policy.default)
    assert content.isascii()
    assert read["Subject"] == long.strip()
    assert read["To"].addresses[0].display_name == "Åsa “Ås” 李, Dr."


def test_a_domain_beyond_ascii_is_written_as_the_name_system_knows_it() -> None:
    assert b"kim@xn--mnchen-3ya.de" in as_eml(replace(MESSAGE, recipient=Mailbox("kim@münchen.de")))


def test_an_address_that_needs_smtputf8_is_refused() -> None:
    with pytest.raises(ProviderRejectedError) as refusal:
        as_eml(replace(MESSAGE, recipient=Mailbox("kïm@example.com")))
    assert refusal.value.code == "553 5.6.7"


@pytest.mark.parametrize(
    "broken",
    [
        replace(MESSAGE, subject="x\r\nBcc: all@example.com"),
        replace(MESSAGE, sender=Mailbox("maria@north.example", "Maria\nBcc: all@example.com")),
        replace(MESSAGE, recipient=Mailbox("kim@example.com>\r\nBcc: <all@example.com", "Kim")),
        replace(MESSAGE, unsubscribe_url="https://x.example>\r\nBcc: all@example.com"),
    ],
)
def test_a_line_break_in_a_header_is_refused(broken: OutboundEmail) -> None:
    with pytest.raises(ProviderRejectedError):
        as_eml(broken)


@given(st.text(), st.text(), st.text())
def test_whatever_is_written_no_header_is_added(subject: str, name: str, body: str) -> None:
    message = replace(MESSAGE, subject=subject, recipient=Mailbox("kim@example.com", name), body=body)
    try:
        content = as_eml(message)
    except ProviderRejectedError:
        return
    head = content.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert sorted(names) == sorted(
        [b"Message-ID", b"Date", b"From", b"To", b"Subject", b"List-Unsubscribe", b"List-Unsubscribe-Post",
         b"MIME-Version", b"Content-Type", b"Content-Transfer-Encoding"]
    )  # fmt: skip


def test_an_answer_in_a_thread_names_what_it_answers_and_where_answers_go() -> None:
    chain = tuple(f"<{number}.{'x' * 80}@north.example>" for number in range(30))
    content = as_eml(replace(MESSAGE, reply_to="maria+abc@north.example", in_reply_to=chain[-1], references=chain))
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert f"In-Reply-To: {chain[-1]}\r\n".encode() in content
    read = message_from_bytes(content, policy=policy.default)
    assert read["Reply-To"] == "maria+abc@north.example"
    assert tuple(read["References"].split()) == chain


def test_a_first_message_has_no_headers_of_a_thread() -> None:
    read = message_from_bytes(as_eml(MESSAGE), policy=policy.default)
    assert {"Reply-To", "In-Reply-To", "References"}.isdisjoint(read)


@pytest.mark.parametrize("field", ["reply_to", "in_reply_to"])
def test_a_line_break_in_a_header_of_the_thread_is_refused(field: str) -> None:
    with pytest.raises(ProviderRejectedError):
        as_eml(replace(MESSAGE, **{field: "a@x.example\r\nBcc: all@example.com"}))  # type: ignore[arg-type]
    with pytest.raises(ProviderRejectedError):
        as_eml(replace(MESSAGE, references=("<a@x>\r\nBcc: all@example.com",)))
