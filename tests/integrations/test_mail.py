"""Mail as programs really write it, and as nobody does."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rex_celery.integrations import mail
from rex_celery.integrations.base import InboundEmail, Mailbox
from rex_celery.integrations.mail_refusals import Refusal
from rex_celery.integrations.mail_reports import BounceReport, ComplaintReport

NOW = datetime(2026, 6, 2, 19, tzinfo=UTC)
OURS = "<3f2b8c1e-7d4a-4b6e-9c0d-1a2b3c4d5e6f@acme.example.com>"
FIXTURES = {path.stem: path.read_bytes() for path in sorted((Path(__file__).parent / "mail").glob("*.eml"))}

WORDS = {
    "gmail_top": "Yes, Thursday works for me – around 3pm?\n\nThanks, please send an invitation.\nGrace",
    "gmail_inline": "Yes, we are.\n\nBob does, in Operations.",
    "outlook_top": (
        "Hi Ada,\n\nnot this quarter, our budget is spent. Ask me again in October.\n\nBest regards,\nGrace"
    ),
    "outlook_mobile": "Please call me tomorrow.",
    "outlook_html_only": "Sounds good, let’s talk.\nFriday?",
    "apple_top": "Who are you, and where do you have my address from?",
    "apple_bottom": "Wrong person, please ask bob@example.com.",
    "apple_html": "No thanks.",
    "german_outlook": "Guten Tag,\n\ngerne, nächste Woche passt es mir.\n\nMit freundlichen Grüßen\nJürgen Müller",
    "french_gmail": "Bonjour,\n\nnous sommes déjà pris par un autre fournisseur.\n\nAmélie",
    "answer_by_list": "Please take me off your list.",
    "bare": "Yes. Café at three?",
}
THREADS = {
    "gmail_top": (OURS, (OURS,)),
    "gmail_inline": (OURS, ("<first@acme.example.com>", OURS)),
    "outlook_top": (OURS, (OURS,)),
    "outlook_mobile": (OURS, ()),
    "outlook_html_only": ("", (OURS,)),
    "apple_top": (OURS, (OURS,)),
    "german_outlook": (OURS, ()),
}
AUTOMATIC = {
    "ooo_exchange": "auto_generated",
    "ooo_gmail": "auto_reply",
    "ooo_subject_only": "auto_reply",
    "ooo_unix": "bulk",
    "newsletter": "bulk",
    "ticket": "auto_generated",
    "read_receipt": "auto_generated",
    "dsn_receipt": "auto_generated",
}
BOUNCES = {
    "dsn_postfix": ("550 5.1.1", True, Refusal.DEAD_ADDRESS),
    "dsn_postfix_delayed": ("4.4.1", False, Refusal.TECHNICAL),
    "dsn_exchange": ("550 5.1.10", True, Refusal.DEAD_ADDRESS),
    "dsn_gmail": ("550 5.1.1", True, Refusal.DEAD_ADDRESS),
    "dsn_sendmail": ("552 5.2.2", True, Refusal.MAILBOX_FULL),
    "dsn_exim": ("550 5.1.1", True, Refusal.DEAD_ADDRESS),
    "dsn_qmail": ("5.1.1", True, Refusal.DEAD_ADDRESS),
    "dsn_unauthenticated": ("550 5.7.26", True, Refusal.AUTHENTICATION),
    "dsn_unauthenticated_microsoft": ("550 5.7.515", True, Refusal.AUTHENTICATION),
    "dsn_reputation": ("550 5.7.1", True, Refusal.REPUTATION),
    "dsn_content": ("554 5.7.1", True, Refusal.CONTENT),
    "dsn_policy": ("550 5.7.1", True, Refusal.POLICY),
    "dsn_expired": ("450 4.1.1", True, Refusal.DEAD_ADDRESS),
    "dsn_disabled": ("550 5.2.1", True, Refusal.DEAD_ADDRESS),
}


def read(name: str) -> InboundEmail:
    found = mail.read(FIXTURES[name], NOW)
    assert isinstance(found, InboundEmail)
    return found


@pytest.mark.parametrize(("name", "words"), WORDS.items())
def test_a_persons_own_words_are_told_from_what_they_quote(name: str, words: str) -> None:
    found = read(name)
    assert found.reply == words
    assert (found.automatic, found.at) == ("", NOW)


@pytest.mark.parametrize("name", WORDS)
def test_nobody_is_taken_out_for_the_words_of_our_own_footer(name: str) -> None:
    assert "unsubscribe" not in read(name).reply.lower()


@pytest.mark.parametrize(("name", "thread"), THREADS.items())
def test_every_program_leads_back_to_the_mail_that_it_answers(name: str, thread: tuple[str, tuple[str, ...]]) -> None:
    assert (read(name).in_reply_to, read(name).references) == thread


def test_who_wrote_to_whom_is_read_from_all_headers_that_say_so() -> None:
    found = read("gmail_top")
    assert found.sender == Mailbox("grace@example.com", "Grace Hopper")
    assert found.recipients == ("ada+r.1a2b3c@acme.example.com", "bob@example.com", "ada@acme.example.com")
    assert read("german_outlook").sender == Mailbox("juergen@example.com", "Jürgen Müller")
    assert read("german_outlook").subject == "AW: Wollen wir das wieder aufnehmen?"
    assert read("outlook_top").sender.name == "Hopper, Grace"


@pytest.mark.parametrize(("name", "kind"), AUTOMATIC.items())
def test_what_a_machine_wrote_is_known(name: str, kind: str) -> None:
    assert read(name).automatic == kind


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated; type=x",
        "Auto-Submitted: AUTO-NOTIFIED (vacation)",
        "Precedence: bulk",
        "Precedence: Junk",
        "Precedence: auto_reply",
        "Precedence: list",
        "List-Id: <x.example.com>",
        "X-Auto-Response-Suppress: All",
        "X-Auto-Response-Suppress: DR, OOF",
        "X-Autoreply: yes",
        "X-Autorespond: away",
        "Return-Path: <>",
        "From: MAILER-DAEMON@example.com",
        "From: Postmaster <postmaster@example.com>",
        "From: no-reply@example.com",
        "Subject: Automatic reply: hello",
        "Subject: Out of Office",
        "Subject: Réponse automatique : Bonjour",
        "Subject: Respuesta automática: Hola",
        "Subject: Risposta automatica: Ciao",
        "Subject: Automatisch antwoord: Hallo",
        "Subject: Automatische Antwort: Hallo",
        "Subject: =?utf-8?q?Abwesenheitsnotiz=3A_Hallo?=",
    ],
)
def test_each_sign_of_a_machine_is_enough(header: str) -> None:
    plain = b"" if header.startswith("From:") else b"From: grace@example.com\n"
    found = mail.read(header.encode() + b"\n" + plain + b"\nHello.\n", NOW)
    assert isinstance(found, InboundEmail)
    assert found.automatic


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: no",
        "X-Auto-Response-Suppress: None",
        "Precedence: first-class",
        "Subject: Re: Out of office furniture",
        "Subject: Automatic replyer for sale",
        "Subject: Out of office space in Berlin",
        "List-Unsubscribe: <https://example.com/out>",
        "Return-Path: <grace@example.com>",
    ],
)
def test_a_person_is_not_taken_for_a_machine(header: str) -> None:
    found = mail.read(f"From: grace@example.com\n{header}\n\nHello.\n".encode(), NOW)
    assert isinstance(found, InboundEmail)
    assert not found.automatic


@pytest.mark.parametrize(("name", "expected"), BOUNCES.items())
def test_a_bounce_says_whose_mail_it_was_and_what_was_wrong(name: str, expected: tuple[str, bool, Refusal]) -> None:
    found = mail.read(FIXTURES[name], NOW)
    assert isinstance(found, BounceReport)
    assert (found.code, found.permanent, found.classification) == expected
    assert (found.rfc_message_id, found.recipient) == (OURS, "grace@example.com")
    assert found.action == ("failed" if found.permanent else "delayed")


def test_a_person_who_writes_like_a_bounce_is_no_bounce() -> None:
    words = FIXTURES["dsn_exim"].partition(b"\n\n")[2]
    found = mail.read(b"From: grace@example.com\nSubject: Look what I got\n\n" + words, NOW)
    assert isinstance(found, InboundEmail)
    assert not found.automatic


@pytest.mark.parametrize(("name", "kind"), [("arf_abuse", "abuse"), ("arf_not_spam", "not-spam")])
def test_a_complaint_says_whose_mail_it_was(name: str, kind: str) -> None:
    found = mail.read(FIXTURES[name], NOW)
    assert isinstance(found, ComplaintReport)
    assert (found.rfc_message_id, found.recipient, found.feedback_type) == (OURS, "grace@example.com", kind)


def test_a_bounce_that_returns_megabytes_is_read_all_the_same() -> None:
    found = mail.read(FIXTURES["dsn_postfix"].replace(b"Hello Grace", b"Hello Grace\n" * 400_000), NOW)
    assert isinstance(found, BounceReport)
    assert (found.code, found.rfc_message_id) == ("550 5.1.1", OURS)


def test_a_mail_without_a_name_gets_the_same_one_each_time() -> None:
    first, again = read("bare"), read("bare")
    assert first.message_id == again.message_id
    assert first.message_id.endswith("@no-message-id>")
    other = mail.read(FIXTURES["bare"] + b".", NOW)
    assert other.message_id != first.message_id


def test_a_message_id_may_be_folded_or_stand_among_words() -> None:
    raw = b"In-Reply-To: Your message of Tuesday <a1@\r\n example.com>\r\nMessage-ID:\r\n <b2@example.com>\r\n\r\nYes"
    found = mail.read(raw, NOW)
    assert isinstance(found, InboundEmail)
    assert (found.in_reply_to, found.message_id) == ("<a1@example.com>", "<b2@example.com>")


@pytest.mark.parametrize("charset", ["x-unknown", "idna", "unicode_escape", "zlib", "utf-7", "utf-16", "", "undefined"])
def test_no_character_set_makes_words_unreadable_for_the_database(charset: str) -> None:
    raw = f"Content-Type: text/plain; charset={charset}\n\n".encode() + b"Yes \\d \xff\xe9 \x00 +2D/cAA-"
    found = mail.read(raw, NOW)
    assert isinstance(found, InboundEmail)
    assert "\x00" not in found.text
    found.text.encode()


def test_an_attachment_and_an_attached_mail_are_no_words() -> None:
    raw = (
        b'Content-Type: multipart/mixed; boundary="B"\n\n--B\nContent-Type: text/plain\n\nSee attached.\n'
        b"--B\nContent-Type: text/plain\nContent-Disposition: attachment\n\nSTOP\n"
        b"--B\nContent-Type: message/rfc822\n\nSubject: x\n\nunsubscribe\n--B--\n"
    )
    found = mail.read(raw, NOW)
    assert isinstance(found, InboundEmail)
    assert found.text.strip() == "See attached."


DAMAGE = [b"\n", b"\n\n", b":", b"--B", b'"', b"=?", b"<", b"\x00"]
BOUNDARY = b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n'


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "raw",
    [
        b"\n" + b"hello world " * 450_000,
        b"\n" + b"\n" * 5_000_000,
        b"Subject: " + b"=?utf-8?q?a?= " * 100_000 + b"\n\nYes",
        b"From: " + b"(" * 100_000 + b"\n\nYes",
        b"To: " + b'"' * 100_000 + b"\n\nYes",
        b"References: " + b"<a@b> " * 200_000 + b"\n\nYes",
        b"".join(BOUNDARY % (level, level) for level in range(3000)) + b"\nYes",
        b"Content-Type: message/rfc822\n\n" * 3000 + b"\nYes",
        b'Content-Type: multipart/mixed; boundary="B"\n\n' + b"--B\n\nx\n" * 200_000,
        b"".join(b"X-%d: y\n" % number for number in range(100_000)) + b"\nYes",
        b"Content-Type: text/html\n\n" + b"<a " * 300_000,
        b"Content-Type: text/html\n\n" + b"<div>" * 300_000 + b"Yes",
        b"\n" + b"On a " * 200_000,
        b"\n" + b"From: a\n" * 200_000,
        b"Return-Path: <>\n\n" + b"\n" * 5_000_000,
        b"Return-Path: <>\n\nThis is the Postfix program\n" + b"<x@example.com>: \n" * 200_000,
    ],
)
def test_five_megabytes_of_nonsense_take_seconds(raw: bytes) -> None:
    mail.read(raw, NOW)


@given(st.binary(max_size=2000))
@example(b"")
@example(b"From: @\nTo: ,;:<>\nContent-Type: ;;=\nMessage-ID: <>\n\n\xff")
def test_no_bytes_make_it_fail(raw: bytes) -> None:
    mail.read(raw, NOW)


@settings(max_examples=400)
@given(st.data())
def test_no_damage_to_a_mail_makes_it_fail(data: st.DataObject) -> None:
    raw = bytearray(FIXTURES[data.draw(st.sampled_from(sorted(FIXTURES)))])
    for _ in range(data.draw(st.integers(1, 12))):
        start = data.draw(st.integers(0, len(raw)))
        cut = data.draw(st.integers(0, 60))
        raw[start : start + cut] = data.draw(st.one_of(st.binary(max_size=30), st.sampled_from(DAMAGE)))
    found = mail.read(bytes(raw), NOW)
    assert found.message_id.startswith("<")
    if isinstance(found, InboundEmail):
        "".join((found.text, found.reply, found.subject, found.sender.address, *found.headers.values())).encode()
