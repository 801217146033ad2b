"""SendGrid when all goes well and when it does not: nobody gets a message twice, and nothing known is lost."""

import base64
import json
import logging
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from rex_celery.errors import InvalidError, ProviderUnavailableError
from rex_celery.integrations import sendgrid
from rex_celery.integrations.base import BrokenOffError, Delivery, Mailbox, Receipt
from rex_celery.integrations.sendgrid import SendGridAccount, SendGridSender
from tests.doubles.http_double import HttpDouble
from tests.integrations.outbound import Ledger, an_email

KEY = "SG.only-for-tests"


@pytest.fixture
def double() -> Iterator[HttpDouble]:
    with HttpDouble() as running:
        yield running


@pytest.fixture
def sender(double: HttpDouble) -> SendGridSender:
    return SendGridSender(SendGridAccount(KEY, double.url, timeout=0.5))


def said(double: HttpDouble, number: int = -1) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(double.requests[number].body)
    return body


def kinds(receipts: list[Receipt] | tuple[Receipt, ...]) -> list[Delivery]:
    return [receipt.delivery for receipt in receipts]


def test_one_request_takes_a_batch_and_every_message_gets_its_receipt(
    double: HttpDouble, sender: SendGridSender
) -> None:
    double.answer(202, X_Message_Id="abc")
    messages = [an_email(f"lead{n}") for n in range(3)]
    ledger = Ledger()
    receipts = sender.send(messages, ledger)
    assert [receipt.id for receipt in receipts] == [message.id for message in messages]
    assert {(r.delivery, r.provider) for r in receipts} == {(Delivery.ACCEPTED, "sendgrid")}
    assert len(double.requests) == 1
    assert ledger.asked == [[message.id for message in messages]]
    assert double.requests[0].headers["Authorization"] == f"Bearer {KEY}"


def test_a_name_that_many_messages_share_is_no_messages_own(double: HttpDouble, sender: SendGridSender) -> None:
    # P16: an event that holds nothing but this name must not be credited to one of them.
    double.answer(202, X_Message_Id="abc")
    double.answer(202, X_Message_Id="abc")
    assert [r.provider_id for r in sender.send([an_email("ann"), an_email("bob")], Ledger())] == ["", ""]
    assert [r.provider_id for r in sender.send([an_email()], Ledger())] == ["abc"]


def test_the_ledger_is_asked_directly_before_the_request(double: HttpDouble, sender: SendGridSender) -> None:
    double.answer(202)
    ledger = Ledger()
    ledger.meanwhile = lambda: seen.append(len(double.requests))
    seen: list[int] = []
    sender.send([an_email()], ledger)
    assert seen == [0]
    assert len(double.requests) == 1


def test_what_the_ledger_takes_back_is_in_no_request(double: HttpDouble, sender: SendGridSender) -> None:
    double.answer(202)
    messages = [an_email(name) for name in ("ann", "bob")]
    receipts = sender.send(messages, Ledger(messages[0].id))
    assert {r.id: r.delivery for r in receipts} == {
        messages[0].id: Delivery.WITHDRAWN,
        messages[1].id: Delivery.ACCEPTED,
    }
    assert b"ann@" not in double.requests[0].body
    assert kinds(sender.send([messages[0]], Ledger(messages[0].id))) == [Delivery.WITHDRAWN]
    assert len(double.requests) == 1


@pytest.mark.parametrize("how", ["drop", "silent"])
def test_an_answer_that_is_lost_leaves_the_result_unknown_and_the_request_is_made_once(
    double: HttpDouble, sender: SendGridSender, how: str
) -> None:
    double.answer(202, drop=how == "drop", silent=how == "silent")
    assert kinds(sender.send([an_email(), an_email("lee")], Ledger())) == [Delivery.UNKNOWN] * 2
    assert len(double.requests) == 1  # P3: SendGrid has it, a second request would be a second e-mail


@pytest.mark.parametrize("status", [200, 502, 504])
def test_an_answer_that_tells_nothing_leaves_the_result_unknown(
    double: HttpDouble, sender: SendGridSender, status: int
) -> None:
    double.answer(status)
    assert kinds(sender.send([an_email()], Ledger())) == [Delivery.UNKNOWN]


def test_a_server_that_cannot_be_reached_took_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    message = an_email()
    with pytest.raises(BrokenOffError, match="cannot be reached") as trouble:
        SendGridSender(SendGridAccount(KEY, f"http://127.0.0.1:{port}")).send([message], Ledger())
    (receipt,) = trouble.value.receipts
    assert (receipt.id, receipt.delivery, receipt.reason) == (message.id, Delivery.DEFERRED, "provider_unavailable")


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "30"}, timedelta(seconds=30)),
        (429, {}, None),
        (500, {}, None),
        (503, {"Retry-After": "0"}, timedelta(seconds=1)),
        (401, {}, None),
        (403, {}, None),
        (404, {}, None),
    ],
)
def test_a_refusal_of_everybody_accepts_nothing_and_says_when_to_come_back(
    double: HttpDouble, sender: SendGridSender, status: int, headers: dict[str, str], wait: timedelta | None
) -> None:
    double.answer(status, b"{}", **headers)
    with pytest.raises(BrokenOffError) as trouble:
        sender.send([an_email(), an_email("lee")], Ledger())
    assert trouble.value.retry_after == wait
    assert [(r.delivery, r.retry_after) for r in trouble.value.receipts] == [(Delivery.DEFERRED, wait)] * 2
    assert KEY not in trouble.value.detail


def test_what_was_accepted_before_the_trouble_is_not_lost(double: HttpDouble, sender: SendGridSender) -> None:
    double.answer(202)
    double.answer(429, Retry_After="5")
    first, second = an_email(), an_email("lee", sender=Mailbox("other@north.example.com"))
    with pytest.raises(BrokenOffError) as trouble:
        sender.send([first, second], Ledger())
    assert {r.id: r.delivery for r in trouble.value.receipts} == {
        first.id: Delivery.ACCEPTED,
        second.id: Delivery.DEFERRED,
    }


def test_one_bad_message_is_refused_and_the_others_go_again(double: HttpDouble, sender: SendGridSender) -> None:
    error = {"message": "Does not contain a valid address.", "field": "personalizations.1.to.0.email"}
    double.answer(400, json.dumps({"errors": [error]}).encode())
    messages = [an_email(f"lead{n}") for n in range(3)]
    receipts = sender.send(messages, Ledger())
    assert kinds(receipts) == [Delivery.DEFERRED, Delivery.REJECTED, Delivery.DEFERRED]
    assert (receipts[1].code, receipts[1].reason) == ("400 to.0.email", "invalid_email")
    assert (receipts[0].reason, receipts[0].retry_after) == ("waiting_retry", timedelta(0))
    double.answer(202)
    assert (
        kinds(sender.send([messages[0], messages[2]], Ledger())) == [Delivery.ACCEPTED] * 2
    )  # P4: no resending forever


def test_when_nobody_knows_which_one_was_bad_they_go_one_by_one_the_next_time(
    double: HttpDouble, sender: SendGridSender
) -> None:
    messages = [an_email(f"lead{n}") for n in range(3)]
    double.answer(400, b'{"errors": [{"message": "Bad Request", "field": null}]}')
    assert kinds(sender.send(messages, Ledger())) == [Delivery.DEFERRED] * 3
    double.answer(202)
    double.answer(400, b"not json")
    double.answer(202)
    receipts = sender.send(messages, Ledger())
    assert kinds(receipts) == [Delivery.ACCEPTED, Delivery.REJECTED, Delivery.ACCEPTED]
    assert receipts[1].reason == "provider_rejected"
    assert len(double.requests) == 4


def test_a_request_that_is_too_large_is_the_messages_fault_only_if_it_was_alone(
    double: HttpDouble, sender: SendGridSender
) -> None:
    double.answer(413)
    double.answer(413)
    assert kinds(sender.send([an_email("ann"), an_email("bob")], Ledger())) == [Delivery.DEFERRED] * 2
    assert kinds(sender.send([an_email()], Ledger())) == [Delivery.REJECTED]


@pytest.mark.parametrize("field", ["from.email", "reply_to", "categories.0", "from"])
def test_what_is_wrong_with_the_sender_is_no_messages_fault(
    double: HttpDouble, sender: SendGridSender, field: str
) -> None:
    double.answer(400, json.dumps({"errors": [{"message": "no", "field": field}]}).encode())
    with pytest.raises(BrokenOffError, match="sender"):
        sender.send([an_email()], Ledger())


def test_a_message_that_cannot_be_written_is_refused_without_a_request(
    double: HttpDouble, sender: SendGridSender
) -> None:
    bad = [an_email(subject="x\r\nBcc: all@example.com"), an_email("kïm")]
    receipts = sender.send(bad, Ledger())
    assert kinds(receipts) == [Delivery.REJECTED] * 2
    assert [receipt.code for receipt in receipts] == ["invalid_header", "553 5.6.7"]
    assert double.requests == []


def test_a_redirect_is_not_followed_with_the_key(double: HttpDouble, sender: SendGridSender) -> None:
    double.answer(307, Location="http://127.0.0.1:1/")
    with pytest.raises(BrokenOffError, match="307"):
        sender.send([an_email()], Ledger())


def test_neither_the_key_nor_anybodys_address_is_ever_logged(
    double: HttpDouble, sender: SendGridSender, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    double.answer(202)
    double.answer(400, b'{"errors": [{"message": "kim@example.com is bad"}]}')
    double.answer(202, drop=True)
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            sender.send([an_email()], Ledger())
    printed = capsys.readouterr()
    for told in (caplog.text, printed.out, printed.err):
        assert KEY not in told
        assert "kim@" not in told


def test_a_check_asks_what_the_key_may_do(double: HttpDouble, sender: SendGridSender) -> None:
    double.answer(200, b'{"scopes": ["mail.send", "templates.read"]}')
    sender.check()
    double.answer(200, b'{"scopes": ["templates.read"]}')
    with pytest.raises(ProviderUnavailableError, match=r"mail\.send"):
        sender.check()
    double.answer(401)
    with pytest.raises(ProviderUnavailableError, match="401"):
        sender.check()
    double.answer(200, drop=True)
    with pytest.raises(ProviderUnavailableError, match="cannot be reached"):
        sender.check()
    assert {(one.method, one.path) for one in double.requests} == {("GET", "/v3/scopes")}


# --- Is a webhook SendGrid's own?

# From SendGrid's own examples for its event webhook, in their public libraries.
PUBLIC_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6w"
    "EA3F+g=="
)
SIGNATURE = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
TIMESTAMP = "1600112502"
PAYLOAD = (
    json.dumps(
        [
            {
                "email": "hello@world.com",
                "event": "dropped",
                "reason": "Bounced Address",
                "sg_event_id": "ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",
                "sg_message_id": "LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",
                "smtp-id": "<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>",
                "timestamp": 1600112492,
            }
        ],
        sort_keys=True,
        separators=(",", ":"),
    )
    + "\r\n"
).encode()


def test_sendgrids_own_example_is_genuine() -> None:
    assert sendgrid.verify(PUBLIC_KEY, SIGNATURE, TIMESTAMP, PAYLOAD)


@pytest.mark.parametrize(
    "body",
    [PAYLOAD.rstrip(), PAYLOAD.replace(b",", b", "), PAYLOAD + b" ", b"", b"\xff", PAYLOAD.replace(b"\r\n", b"\n")],
)
def test_a_single_byte_makes_it_a_forgery(body: bytes) -> None:
    assert not sendgrid.verify(PUBLIC_KEY, SIGNATURE, TIMESTAMP, body)


@pytest.mark.parametrize(
    ("signature", "timestamp"),
    [
        ("", TIMESTAMP),
        ("no base64 ✗", TIMESTAMP),
        (SIGNATURE[:-8], TIMESTAMP),
        (SIGNATURE, "1600112503"),
        (SIGNATURE, ""),
    ],
)
def test_a_bad_signature_or_another_time_is_a_forgery(signature: str, timestamp: str) -> None:
    assert not sendgrid.verify(PUBLIC_KEY, signature, timestamp, PAYLOAD)


def test_unicode_and_whitespace_are_signed_as_they_came() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    body = ' [ {"email" : "grüße@example.com",\t"note":"李 \\u674e 🙂"} ]\n'.encode()
    signature = base64.b64encode(key.sign(b"1700000000" + body, ec.ECDSA(hashes.SHA256()))).decode()
    assert sendgrid.verify(_public(key), signature, "1700000000", body)
    assert not sendgrid.verify(PUBLIC_KEY, signature, "1700000000", body)
    assert not sendgrid.verify(_public(key), signature, "1700000000", json.dumps(json.loads(body)).encode())


def test_an_event_that_is_told_again_a_day_later_is_still_genuine_unless_a_tolerance_is_set() -> None:
    # P12: SendGrid repeats itself for 24 hours; this one is years old.
    assert sendgrid.verify(PUBLIC_KEY, SIGNATURE, TIMESTAMP, PAYLOAD)
    assert not sendgrid.verify(PUBLIC_KEY, SIGNATURE, TIMESTAMP, PAYLOAD, tolerance=timedelta(minutes=5))
    assert sendgrid.verify(PUBLIC_KEY, SIGNATURE, TIMESTAMP, PAYLOAD, tolerance=timedelta(days=36_500))


@pytest.mark.parametrize("key", ["", "none", "AAAA"])
def test_a_public_key_that_is_none_is_said_to_be(key: str) -> None:
    assert sendgrid.trouble_with(key)
    with pytest.raises(InvalidError):
        sendgrid.verify(key, SIGNATURE, TIMESTAMP, PAYLOAD)


def test_a_key_of_another_kind_is_refused() -> None:
    assert "elliptic" in sendgrid.trouble_with(_public(rsa.generate_private_key(65537, 2048)))


def _public(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()
