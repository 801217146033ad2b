"""LinkedIn through a partner's interface."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest

from rex_celery.errors import ProviderUnavailableError
from rex_celery.integrations.base import BrokenOffError, Delivery
from rex_celery.integrations.linkedin_partner import LinkedInPartner, LinkedInPartnerSender
from tests.doubles.http_double import HttpDouble
from tests.integrations.outbound import Ledger, a_text

PROFILE = "https://www.linkedin.com/in/kim-lee"


@pytest.fixture
def double() -> Iterator[HttpDouble]:
    with HttpDouble() as running:
        yield running


@pytest.fixture
def sender(double: HttpDouble) -> LinkedInPartnerSender:
    return LinkedInPartnerSender(LinkedInPartner(f"{double.url}/messages", "only-for-tests", timeout=0.5))


def test_a_message_goes_out_as_the_contract_says(double: HttpDouble, sender: LinkedInPartnerSender) -> None:
    double.answer(202, b'{"id": "urn:1"}')
    message = a_text(PROFILE)
    (receipt,) = sender.send([message], Ledger())
    assert (receipt.id, receipt.delivery, receipt.provider_id) == (message.id, Delivery.ACCEPTED, "urn:1")
    (request,) = double.requests
    assert (request.method, request.path) == ("POST", "/messages")
    assert request.headers["Authorization"] == "Bearer only-for-tests"
    assert json.loads(request.body) == {
        "id": str(message.id),
        "profile_url": PROFILE,
        "text": "Still open? Reply STOP to opt out",
    }


@pytest.mark.parametrize(
    ("body", "name"), [(b"", ""), (b"[]", ""), (b"text", ""), (b'{"id": 7}', "7"), (b'{"id": {}}', "")]
)
def test_a_yes_needs_no_body(double: HttpDouble, sender: LinkedInPartnerSender, body: bytes, name: str) -> None:
    double.answer(200, body)
    (receipt,) = sender.send([a_text(PROFILE)], Ledger())
    assert (receipt.delivery, receipt.provider_id) == (Delivery.ACCEPTED, name)


def test_a_no_is_final_for_that_message(double: HttpDouble, sender: LinkedInPartnerSender) -> None:
    double.answer(422, b'{"code": "not_connected"}')
    double.answer(404)
    receipts = sender.send([a_text(PROFILE), a_text(PROFILE)], Ledger())
    assert [(r.delivery, r.code) for r in receipts] == [
        (Delivery.REJECTED, "not_connected"),
        (Delivery.REJECTED, "404"),
    ]


@pytest.mark.parametrize("status", [429, 401, 403, 500, 503, 302])
def test_trouble_for_everybody_accepts_nothing(double: HttpDouble, sender: LinkedInPartnerSender, status: int) -> None:
    double.answer(status, Retry_After="60", Location="http://127.0.0.1:1/")
    with pytest.raises(BrokenOffError) as trouble:
        sender.send([a_text(PROFILE)], Ledger())
    assert trouble.value.retry_after == timedelta(minutes=1)
    assert [r.delivery for r in trouble.value.receipts] == [Delivery.DEFERRED]


@pytest.mark.parametrize("how", ["drop", "silent", "gateway"])
def test_an_answer_that_is_lost_leaves_the_result_unknown(
    double: HttpDouble, sender: LinkedInPartnerSender, how: str
) -> None:
    double.answer(502 if how == "gateway" else 200, drop=how == "drop", silent=how == "silent")
    assert [r.delivery for r in sender.send([a_text(PROFILE)], Ledger())] == [Delivery.UNKNOWN]
    assert len(double.requests) == 1


def test_what_the_ledger_takes_back_is_not_sent(double: HttpDouble, sender: LinkedInPartnerSender) -> None:
    message = a_text(PROFILE)
    assert [r.delivery for r in sender.send([message], Ledger(message.id))] == [Delivery.WITHDRAWN]
    assert double.requests == []


def test_a_check_sends_nothing(double: HttpDouble, sender: LinkedInPartnerSender) -> None:
    double.answer(204)
    sender.check()
    double.answer(401)
    with pytest.raises(ProviderUnavailableError, match="401"):
        sender.check()
    assert {request.method for request in double.requests} == {"OPTIONS"}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ProviderUnavailableError, match="cannot be reached"):
        LinkedInPartnerSender(LinkedInPartner(f"http://127.0.0.1:{port}", "x")).check()
