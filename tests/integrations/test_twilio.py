"""Twilio when all goes well and when it does not, and whether a webhook is its own."""

import base64
import hashlib
import hmac
import json
import logging
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs

import pytest
from werkzeug.datastructures import MultiDict

from rex_celery import clock
from rex_celery.errors import ProviderUnavailableError
from rex_celery.integrations import twilio
from rex_celery.integrations.base import BrokenOffError, Delivery
from rex_celery.integrations.twilio import TwilioAccount, TwilioSender
from rex_celery.reasons import REASONS
from tests.doubles.http_double import HttpDouble
from tests.integrations.outbound import Ledger, a_text

ACCOUNT, TOKEN, SERVICE = "AC" + "0" * 32, "only-for-tests", "MG" + "1" * 32
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture
def double() -> Iterator[HttpDouble]:
    with HttpDouble() as running:
        yield running


@pytest.fixture
def account(double: HttpDouble) -> TwilioAccount:
    return TwilioAccount(ACCOUNT, TOKEN, status_url="https://rex.example.com/s", host=double.url, timeout=0.5)


@pytest.fixture
def sender(account: TwilioAccount) -> TwilioSender:
    return TwilioSender(account)


@pytest.fixture(autouse=True)
def _at_nine_thirty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def taken(**fields: object) -> bytes:
    known = {"sid": "SM" + "2" * 32, "status": "queued", "num_segments": "1", "price": None, "error_code": None}
    return json.dumps(known | fields).encode()


def refused(code: int, status: int = 400) -> bytes:
    return json.dumps({"code": code, "message": "The 'To' number +12025550143 is bad", "status": status}).encode()


def form(double: HttpDouble, number: int = -1) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(double.requests[number].body.decode()).items()}


def test_a_text_goes_out_with_its_number_and_comes_back_with_its_cost(double: HttpDouble, sender: TwilioSender) -> None:
    double.answer(201, taken(num_segments="2", price="-0.0158"))
    message = a_text()
    (receipt,) = sender.send([message], Ledger())
    assert (receipt.id, receipt.delivery, receipt.provider_id) == (message.id, Delivery.ACCEPTED, "SM" + "2" * 32)
    assert (receipt.segments, receipt.price) == (2, Decimal("0.0158"))
    assert double.requests[0].path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert form(double) == {
        "To": "+12025550143",
        "From": "+12025550100",
        "Body": "Still open? Reply STOP to opt out",
        "StatusCallback": "https://rex.example.com/s",
    }


def test_a_service_keeps_the_inboxs_number_or_chooses_one(double: HttpDouble, account: TwilioAccount) -> None:
    double.always = double.always.__class__(201, taken(num_segments="0"))
    with_service = TwilioSender(TwilioAccount(ACCOUNT, TOKEN, SERVICE, host=double.url))
    (receipt,) = with_service.send([a_text()], Ledger())
    assert receipt.segments is None  # not counted yet: no number was chosen
    assert (form(double)["From"], form(double)["MessagingServiceSid"]) == ("+12025550100", SERVICE)
    with_service.send([a_text(sender=SERVICE)], Ledger())
    assert "From" not in form(double)
    assert not with_service.reports_delivery
    assert TwilioSender(account).reports_delivery


@pytest.mark.parametrize(
    ("left", "validity"),
    [(timedelta(hours=3), "10800"), (timedelta(hours=30), "36000"), (timedelta(seconds=60), "60")],
)
def test_twilio_must_not_deliver_after_the_window_closes(
    double: HttpDouble, sender: TwilioSender, left: timedelta, validity: str
) -> None:
    # P7: its queue may hold ten hours, and nothing in it can be recalled.
    double.answer(201, taken())
    sender.send([a_text(valid_until=NOW + left)], Ledger())
    assert form(double)["ValidityPeriod"] == validity


@pytest.mark.parametrize("left", [timedelta(seconds=59), timedelta(0), timedelta(hours=-1)])
def test_a_text_that_might_come_too_late_waits_and_is_never_handed_over(
    double: HttpDouble, sender: TwilioSender, left: timedelta
) -> None:
    ledger = Ledger()
    (receipt,) = sender.send([a_text(valid_until=NOW + left)], ledger)
    assert (receipt.delivery, receipt.reason) == (Delivery.DEFERRED, "waiting_window")
    assert ledger.asked == []
    assert double.requests == []


def test_the_ledger_is_asked_before_each_message(double: HttpDouble, sender: TwilioSender) -> None:
    double.always = double.always.__class__(201, taken())
    messages = [a_text(), a_text(), a_text()]
    ledger = Ledger(messages[1].id)
    seen: list[int] = []
    ledger.meanwhile = lambda: seen.append(len(double.requests))
    receipts = sender.send(messages, ledger)
    assert [r.delivery for r in receipts] == [Delivery.ACCEPTED, Delivery.WITHDRAWN, Delivery.ACCEPTED]
    assert seen == [0, 1, 1]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (21610, "suppressed_opt_out"),
        (21211, "number_unreachable"),
        (21614, "number_unreachable"),
        (30003, "number_unreachable"),
        (30005, "number_unreachable"),
        (30006, "number_unreachable"),
        (30036, "validity_expired"),
        (21408, "provider_rejected"),
        (99999, "provider_rejected"),
    ],
)
def test_a_refused_text_says_why(double: HttpDouble, sender: TwilioSender, code: int, reason: str) -> None:
    double.answer(400, refused(code))
    (receipt,) = sender.send([a_text()], Ledger())
    assert (receipt.delivery, receipt.code, receipt.reason) == (Delivery.REJECTED, str(code), reason)
    assert reason in REASONS


def test_a_text_that_failed_at_once_is_no_success(double: HttpDouble, sender: TwilioSender) -> None:
    double.answer(201, taken(status="failed", error_code=21610))
    (receipt,) = sender.send([a_text()], Ledger())
    assert (receipt.delivery, receipt.reason) == (Delivery.REJECTED, "suppressed_opt_out")


@pytest.mark.parametrize(("code", "status"), [(21611, 400), (21611, 429), (30001, 400)])
def test_a_full_queue_defers_the_text_alone(double: HttpDouble, sender: TwilioSender, code: int, status: int) -> None:
    double.answer(status, refused(code))
    (receipt,) = sender.send([a_text()], Ledger())
    assert (receipt.delivery, receipt.retry_after) == (Delivery.DEFERRED, timedelta(minutes=10))


@pytest.mark.parametrize(
    ("status", "code", "headers", "wait"),
    [
        (429, 20429, {"Retry-After": "7"}, timedelta(seconds=7)),
        (429, 20429, {}, None),
        (500, 20500, {}, None),
        (503, 20503, {}, None),
        (401, 20003, {}, None),
        (404, 20404, {}, None),
        (400, 21606, {}, None),
        (400, 21212, {}, None),
    ],
)
def test_trouble_of_the_account_or_of_twilio_is_no_messages_fault(  # noqa: PLR0917  a table
    double: HttpDouble, sender: TwilioSender, status: int, code: int, headers: dict[str, str], wait: timedelta | None
) -> None:
    double.answer(201, taken())
    double.answer(status, refused(code, status), **headers)
    messages = [a_text(), a_text(), a_text()]
    with pytest.raises(BrokenOffError) as trouble:
        sender.send(messages, Ledger())
    assert [(r.id, r.delivery) for r in trouble.value.receipts] == [
        (messages[0].id, Delivery.ACCEPTED),
        (messages[1].id, Delivery.DEFERRED),
        (messages[2].id, Delivery.DEFERRED),
    ]
    assert trouble.value.retry_after == wait
    assert len(double.requests) == 2


@pytest.mark.parametrize("how", ["drop", "silent", "gateway", "unreadable"])
def test_an_answer_that_is_lost_leaves_the_result_unknown_and_the_request_is_made_once(
    double: HttpDouble, sender: TwilioSender, how: str
) -> None:
    status = 504 if how == "gateway" else 201
    double.answer(status, b"<html>", drop=how == "drop", silent=how == "silent")
    (receipt,) = sender.send([a_text()], Ledger())
    assert receipt.delivery is Delivery.UNKNOWN
    assert len(double.requests) == 1  # P3


def test_a_server_that_cannot_be_reached_took_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    unreachable = TwilioSender(TwilioAccount(ACCOUNT, TOKEN, host=f"http://127.0.0.1:{port}"))
    with pytest.raises(BrokenOffError, match="cannot be reached") as trouble:
        unreachable.send([a_text()], Ledger())
    assert [r.delivery for r in trouble.value.receipts] == [Delivery.DEFERRED]


def test_neither_the_token_nor_anybodys_number_is_ever_logged(
    double: HttpDouble, sender: TwilioSender, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    double.answer(201, taken())
    double.answer(400, refused(21211))
    double.answer(201, drop=True)
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            sender.send([a_text()], Ledger())
    printed = capsys.readouterr()
    for told in (caplog.text, printed.out, printed.err):
        assert TOKEN not in told
        assert "2025550143" not in told


def test_a_check_fetches_the_account(double: HttpDouble, sender: TwilioSender) -> None:
    double.answer(200, b'{"sid": "AC", "status": "active"}')
    sender.check()
    double.answer(200, b'{"sid": "AC", "status": "suspended"}')
    with pytest.raises(ProviderUnavailableError, match="suspended"):
        sender.check()
    double.answer(401, refused(20003, 401))
    with pytest.raises(ProviderUnavailableError, match="20003"):
        sender.check()
    double.answer(200, b"<html>")
    with pytest.raises(ProviderUnavailableError, match="cannot be read"):
        sender.check()
    assert {(one.method, one.path) for one in double.requests} == {("GET", f"/2010-04-01/Accounts/{ACCOUNT}.json")}


# --- Is a webhook Twilio's own?

# The example that Twilio's own libraries are tested with.
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
PARAMS = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def signed(url: str, params: dict[str, str], token: str = "12345") -> str:
    """As the documentation says: the URL, then each name and value in the order of the names."""
    words = url + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(hmac.new(token.encode(), words.encode(), hashlib.sha1).digest()).decode()


def test_twilios_own_example_is_genuine() -> None:
    assert twilio.verify("12345", URL, PARAMS, SIGNATURE)
    assert signed(URL, PARAMS) == SIGNATURE


@pytest.mark.parametrize(
    ("token", "url", "params", "signature"),
    [
        ("12346", URL, PARAMS, SIGNATURE),
        ("12345", URL.replace("foo=1&bar=2", "bar=2&foo=1"), PARAMS, SIGNATURE),
        ("12345", URL.replace("https", "http"), PARAMS, SIGNATURE),
        ("12345", URL.replace("mycompany.com", "internal:8800"), PARAMS, SIGNATURE),
        ("12345", URL, PARAMS | {"New": "x"}, SIGNATURE),
        ("12345", URL, {**PARAMS, "Digits": "12345"}, SIGNATURE),
        ("12345", URL, PARAMS, ""),
        ("12345", URL, PARAMS, SIGNATURE[:-1]),
        ("12345", URL, PARAMS, "ü"),
        ("", URL, PARAMS, SIGNATURE),
        ("12345", "https://[::1", PARAMS, SIGNATURE),
    ],
)
def test_whatever_differs_makes_it_a_forgery(token: str, url: str, params: dict[str, str], signature: str) -> None:
    assert not twilio.verify(token, url, params, signature)


def test_an_empty_token_signs_nothing_whoever_knows_that() -> None:
    assert not twilio.verify("", URL, PARAMS, signed(URL, PARAMS, ""))


@pytest.mark.parametrize(
    ("url", "params"),
    [
        ("https://rex.example.com/w?x=1", {"Body": "a+b c&d=é 李 🙂", "From": "+12025550143"}),
        ("https://rex.example.com/w?q=a%20b+c", {"Body": "", "NewField": "is part of it"}),
        ("https://rex.example.com/w", {}),
    ],
)
def test_plus_signs_unicode_and_parameters_of_tomorrow_are_part_of_it(url: str, params: dict[str, str]) -> None:
    assert twilio.verify("12345", url, params, signed(url, params))


def test_a_port_is_there_or_not_as_twilio_likes() -> None:
    bare, full = "https://rex.example.com/w", "https://rex.example.com:443/w"
    assert twilio.verify("12345", bare, {"A": "1"}, signed(full, {"A": "1"}))
    assert twilio.verify("12345", full, {"A": "1"}, signed(bare, {"A": "1"}))


def test_a_parameter_that_comes_twice_counts_with_all_its_values() -> None:
    url, params = "https://rex.example.com/w", MultiDict([("MediaUrl", "b"), ("MediaUrl", "a")])
    signature = base64.b64encode(hmac.new(b"12345", f"{url}MediaUrlaMediaUrlb".encode(), hashlib.sha1).digest())
    assert twilio.verify("12345", url, params, signature.decode())


def test_a_json_body_is_signed_by_its_hash() -> None:
    body = '{"text": "grüße 🙂"}'
    url = f"https://rex.example.com/w?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    assert twilio.verify("12345", url, body, signed(url, {}))
    assert not twilio.verify("12345", url, body + " ", signed(url, {}))
    bare = "https://rex.example.com/w"
    assert not twilio.verify("12345", bare, body, signed(bare, {}))
