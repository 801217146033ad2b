"""Checks of one message."""

from dataclasses import replace

import pytest

from rex_celery.compliance.content import Content, check
from rex_celery.compliance.footer import with_footer
from rex_celery.reasons import REASONS
from rex_celery.vocabulary import Channel

ADDRESS = "1 Main St, Springfield"
LINK = "https://rex.example/u/abc"
EMAIL = Content(
    channel=Channel.EMAIL,
    subject="Still open?",
    body=with_footer("Hello Kim,\n\nis it still open?", "Northwind", ADDRESS, LINK),
    recipient_name="Kim Lee",
    sender_name="Maria Lopez",
    postal_address=ADDRESS,
    unsubscribe_url=LINK,
)
SMS = replace(EMAIL, channel=Channel.SMS, subject="", body="Hi Kim. Reply STOP to opt out.")


def codes(content: Content) -> list[str]:
    return [finding.code for finding in check(content)]


def saying(text: str) -> Content:
    return replace(EMAIL, body=with_footer(text, "Northwind", ADDRESS, LINK))


def test_a_good_message_passes() -> None:
    assert check(EMAIL) == ()
    assert check(SMS) == ()


@pytest.mark.parametrize(
    "text",
    ["Hi {{ first_name }}", "Hi {first_name}", "{% if x %}", "Hi [FIRST NAME]", "*|FNAME|*", "%FNAME%", "<first name>"],
)
def test_a_placeholder_that_was_left_is_found(text: str) -> None:
    assert codes(saying(text)) == ["content_unresolved_variable"]
    assert "content_unresolved_variable" in codes(replace(EMAIL, subject=text))


@pytest.mark.parametrize("text", ["We saved 50% (or more), see [1].", "a < b, 5% here and 6% there"])
def test_ordinary_signs_are_no_placeholders(text: str) -> None:
    assert codes(saying(text)) == []


@pytest.mark.parametrize("greeting", ["Hi ,", "Dear ,", "Dear,", "Good morning ,", "hello  !"])
def test_a_greeting_that_lost_its_name_is_found(greeting: str) -> None:
    assert codes(saying(f"{greeting}\n\nIs it still open?")) == ["content_empty_greeting"]


@pytest.mark.parametrize("greeting", ["Hello,", "Hi Kim,", "Dear Ms Lee,", "Good morning,"])
def test_a_greeting_may_do_without_a_name(greeting: str) -> None:
    assert codes(saying(f"{greeting}\n\nIs it still open?")) == []


def test_two_hundred_words_are_the_limit() -> None:
    footer = len(with_footer("", "Northwind", ADDRESS, LINK).split())
    assert codes(saying("word " * (200 - footer))) == []
    assert codes(saying("word " * (201 - footer))) == ["content_too_long"]


def test_one_link_beside_the_unsubscribe_link_is_the_limit() -> None:
    assert codes(saying("HTTPS://www.a.example")) == []
    assert codes(saying("https://a.example www.b.example")) == ["content_too_many_links"]


def test_a_spam_phrase_is_found_in_any_case() -> None:
    assert check(saying("Click HERE"))[0].found == "click here"


@pytest.mark.parametrize("subject", ["Re: your question", "FW: offer", "fwd: x", "RE[2]: x", " re : x"])
def test_a_first_message_does_not_pretend_to_be_a_reply(subject: str) -> None:
    assert codes(replace(EMAIL, subject=subject)) == ["content_fake_reply"]


def test_a_subject_may_begin_with_re_as_part_of_a_word() -> None:
    assert codes(replace(EMAIL, subject="Refresh: still open?")) == []


@pytest.mark.parametrize("field", ["subject", "recipient_name", "sender_name"])
def test_a_line_break_in_a_header_is_found(field: str) -> None:
    broken = replace(EMAIL, **{field: "x\r\nBcc: all@example.com"})  # type: ignore[arg-type]
    assert codes(broken) == ["content_header_injection"]


def test_an_e_mail_without_a_postal_address_is_held_back() -> None:
    assert codes(replace(EMAIL, postal_address="")) == ["content_no_postal_address"]
    assert codes(replace(EMAIL, postal_address="2 Other St")) == ["content_no_postal_address"]


def test_an_e_mail_without_its_unsubscribe_link_is_held_back() -> None:
    assert codes(replace(EMAIL, unsubscribe_url="")) == ["content_no_unsubscribe"]
    assert codes(replace(EMAIL, unsubscribe_url="https://rex.example/u/other")) == ["content_no_unsubscribe"]


def test_an_e_mail_needs_text_and_a_subject() -> None:
    assert "content_empty" in codes(replace(EMAIL, subject=" "))
    assert "content_empty" in codes(replace(EMAIL, body=" "))


def test_a_text_message_says_how_to_stop_and_is_short() -> None:
    assert codes(replace(SMS, body="Hi Kim.")) == ["content_no_unsubscribe"]
    assert codes(replace(SMS, body="Reply STOP. " + "a" * 448)) == ["content_sms_too_long"]
    assert codes(replace(SMS, body="Reply STOP. " + "a" * 447)) == []


def test_all_that_is_wrong_is_told_at_once_and_every_code_has_a_reason() -> None:
    words = "word " * 200
    body = f"Hi ,\nclick here {{{{ x }}}} https://a.example https://b.example https://c.example {words}"
    worst = Content(Channel.EMAIL, "Re: \n", body, "", "", "", "")
    found = codes(worst)
    assert len(found) == len(set(found)) == 9
    assert set(found) <= set(REASONS)
