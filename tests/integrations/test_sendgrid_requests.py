"""What goes into a request to SendGrid, and what does not."""

import json
import re
from uuid import UUID, uuid4

import pytest

from rex_celery.integrations import sendgrid_requests
from rex_celery.integrations.base import Mailbox, Outbound
from rex_celery.integrations.sendgrid_requests import BODY_TAG, Letter, grouped, letter, request_of
from tests.integrations.outbound import an_email


def letters(*messages: Outbound) -> list[Letter]:
    return [letter(message) for message in messages]


def sizes(*messages: Outbound) -> list[int]:
    return sorted(len(group) for group in grouped(letters(*messages)))


def test_a_message_alone_has_its_body_as_the_content() -> None:
    message = an_email(reply_to="reply+abc@north.example.com", in_reply_to="<1@x>", references=("<0@x>", "<1@x>"))
    request = request_of(letters(message))
    assert request["content"] == [{"type": "text/plain", "value": "Hello kim,\n\n“no thanks” stops this.\n"}]
    assert request["from"] == {"email": "maria@north.example.com", "name": "Maria Lopez"}
    assert request["reply_to"] == {"email": "reply+abc@north.example.com"}
    (one,) = request["personalizations"]
    assert one["to"] == [{"email": "kim@example.com", "name": "Kim Lee"}]
    assert one["subject"] == "Still open?"
    assert one["headers"] == {
        "Message-ID": f"<{message.id}@north.example.com>",
        "In-Reply-To": "<1@x>",
        "References": "<0@x> <1@x>",
        "List-Unsubscribe": f"<https://rex.example.com/u/{message.id}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert "substitutions" not in one


def test_in_a_batch_everybody_gets_their_own_body() -> None:
    messages = [an_email("ann"), an_email("bob")]
    request = request_of(letters(*messages))
    assert request["content"] == [{"type": "text/plain", "value": BODY_TAG}]
    bodies = [one["substitutions"][BODY_TAG] for one in request["personalizations"]]
    assert [body.split(",")[0] for body in bodies] == ["Hello ann", "Hello bob"]


def test_nothing_about_a_person_stands_in_what_sendgrid_keeps_for_ever() -> None:
    # P34: categories and custom arguments are "not PII", so they hold ids and nothing else.
    campaign = uuid4()
    request = request_of(letters(an_email("ann", campaign_id=campaign), an_email("bob", campaign_id=campaign)))
    assert request["categories"] == ["rex", str(campaign)]
    assert "custom_args" not in request  # at the top it would be the same for everybody
    for one in request["personalizations"]:
        assert list(one["custom_args"]) == ["rex_message_id"]
        assert str(UUID(one["custom_args"]["rex_message_id"])) == one["custom_args"]["rex_message_id"]
    kept = json.dumps([request["categories"], [one["custom_args"] for one in request["personalizations"]]])
    assert not re.search(r"@|ann|bob|example|\+1", kept)


def test_links_are_not_rewritten_and_nothing_is_added_to_the_text() -> None:
    settings = request_of(letters(an_email()))["tracking_settings"]
    assert settings["click_tracking"] == {"enable": False, "enable_text": False}
    assert settings["open_tracking"] == settings["subscription_tracking"] == {"enable": False}
    tracked = request_of(letters(an_email()), track_clicks=True)["tracking_settings"]
    assert tracked["click_tracking"] == {"enable": True, "enable_text": True}


@pytest.mark.parametrize(
    ("name", "written"), [("Lopez; Maria, PhD", "Lopez Maria PhD"), ("Åsa 李", "Åsa 李"), (";,", None), ("", None)]
)
def test_names_hold_neither_semicolon_nor_comma(name: str, written: str | None) -> None:
    sender = request_of(letters(an_email(sender=Mailbox("maria@north.example.com", name))))["from"]
    assert " ".join(sender.get("name", "").split()) == (written or "")
    assert ("name" in sender) == (written is not None)


def test_the_senders_address_is_plain_ascii() -> None:
    request = request_of(letters(an_email(sender=Mailbox("maria@münchen.example"))))
    assert request["from"]["email"] == "maria@xn--mnchen-3ya.example"


def test_a_request_holds_a_thousand_messages_at_most() -> None:
    assert sizes(*[an_email(f"lead{n}") for n in range(1001)]) == [1, 1000]


def test_an_address_stands_once_in_a_request_however_it_is_written() -> None:
    assert sizes(an_email("ann"), an_email("ANN"), an_email("bob")) == [1, 2]


def test_different_senders_replies_and_campaigns_go_apart() -> None:
    other = Mailbox("other@north.example.com")
    assert sizes(an_email("a"), an_email("b", sender=other), an_email("c", reply_to="r@x.example")) == [1, 1, 1]
    assert sizes(an_email("a", campaign_id=uuid4()), an_email("b")) == [1, 1]


@pytest.mark.parametrize("body", ["x" * 10_000, "é" * 5_000, f"a {BODY_TAG} b"])
def test_a_body_that_no_substitution_could_carry_goes_by_itself(body: str) -> None:
    groups = list(grouped(letters(an_email("a"), an_email("b", body=body), an_email("c"))))
    assert sorted(map(len, groups)) == [1, 2]
    (alone,) = [group for group in groups if len(group) == 1]
    assert request_of(alone)["content"][0]["value"] == body


def test_a_request_stays_below_the_limit_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sendgrid_requests, "LARGEST_REQUEST", 50_000)
    messages = letters(*[an_email(f"lead{n}", body="ä" * 4_000) for n in range(10)])
    for group in grouped(messages):
        assert len(json.dumps(request_of(group))) < 50_000


def test_those_that_are_to_go_alone_do() -> None:
    messages = [an_email("a"), an_email("b"), an_email("c")]
    groups = list(grouped(letters(*messages), {messages[1].id}))
    assert sorted(map(len, groups)) == [1, 2]
