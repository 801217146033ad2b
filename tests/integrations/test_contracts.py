"""Our requests, made by the providers' own SDKs, held against the providers' own descriptions of their interfaces."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from twilio.base.exceptions import TwilioException

from rex_celery import clock
from rex_celery.integrations import sendgrid, sendgrid_requests
from rex_celery.integrations.base import BrokenOffError, Delivery
from rex_celery.integrations.sendgrid import SendGridAccount, SendGridSender
from rex_celery.integrations.twilio import TwilioAccount, TwilioSender
from tests.doubles import prism
from tests.integrations.outbound import Ledger, a_text, an_email

ACCOUNT, SERVICE = "AC" + "0" * 32, "MG" + "1" * 32


@pytest.fixture(scope="module")
def sendgrid_url() -> Iterator[str]:
    with prism.prism(prism.SENDGRID) as url:
        yield url


@pytest.fixture(scope="module")
def twilio_url() -> Iterator[str]:
    with prism.prism(prism.TWILIO) as url:
        yield url


@pytest.fixture
def mailer(sendgrid_url: str) -> SendGridSender:
    return SendGridSender(SendGridAccount("SG.only-for-tests", sendgrid_url))


@pytest.fixture
def texter(twilio_url: str) -> TwilioSender:
    account = TwilioAccount(ACCOUNT, "only-for-tests", SERVICE, "https://rex.example.com/s", host=twilio_url)
    return TwilioSender(account)


def test_sendgrid_takes_one_message_with_everything_that_a_message_can_have(mailer: SendGridSender) -> None:
    message = an_email(
        reply_to="reply+abc@north.example.com",
        in_reply_to="<1@north.example.com>",
        references=("<0@north.example.com>", "<1@north.example.com>"),
        subject="Grüße, noch offen? 🙂",
        campaign_id=an_email().id,
    )
    (receipt,) = mailer.send([message], Ledger())
    assert (receipt.delivery, receipt.id) == (Delivery.ACCEPTED, message.id)


def test_sendgrid_takes_a_thousand_in_one_request_each_with_a_body_of_its_own(mailer: SendGridSender) -> None:
    messages = [an_email(f"lead{n}") for n in range(1000)]
    ledger = Ledger()
    receipts = mailer.send(messages, ledger)
    assert len(ledger.asked) == 1
    assert {receipt.delivery for receipt in receipts} == {Delivery.ACCEPTED}
    assert len(receipts) == 1000


@pytest.mark.parametrize(
    "wrong",
    [
        {"custom_args": {"rex_message_id": "x"}},
        {"personalizations": [{"subject": "to nobody"}]},
        {"from": {"name": "nobody"}},
        {"categories": ["rex"] * 11},
        {"content": [{"type": "text/plain", "value": ""}]},
    ],
)
def test_sendgrids_description_would_have_refused_another_request(
    mailer: SendGridSender, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]
) -> None:
    right = sendgrid_requests.request_of
    monkeypatch.setattr(sendgrid_requests, "request_of", lambda *args, **options: right(*args, **options) | wrong)
    try:
        (receipt,) = mailer.send([an_email()], Ledger())
    except BrokenOffError as trouble:
        (receipt,) = trouble.receipts
    assert receipt.delivery in {Delivery.REJECTED, Delivery.DEFERRED}


def test_sendgrid_has_a_house_in_europe() -> None:
    assert sendgrid.HOSTS == {"global": "https://api.sendgrid.com", "eu": "https://api.eu.sendgrid.com"}


def test_twilio_takes_a_text_with_everything_that_a_text_can_have(texter: TwilioSender) -> None:
    message = a_text(valid_until=clock.now() + timedelta(hours=3))
    (receipt,) = texter.send([message], Ledger())
    assert (receipt.delivery, receipt.id) == (Delivery.ACCEPTED, message.id)


def test_twilio_takes_a_text_from_whichever_number_the_service_has(texter: TwilioSender) -> None:
    (receipt,) = texter.send([a_text(sender=SERVICE)], Ledger())
    assert receipt.delivery is Delivery.ACCEPTED


@pytest.mark.parametrize("wrong", [{"validity_period": "soon"}, {"status_callback": "no address"}])
def test_twilios_description_would_have_refused_another_request(texter: TwilioSender, wrong: dict[str, Any]) -> None:
    with pytest.raises(TwilioException):
        texter._client.messages.create(to="+12025550143", from_="+12025550100", body="x", **wrong)


def test_twilio_wants_to_know_who_is_asking(twilio_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = TwilioSender(TwilioAccount(ACCOUNT, "only-for-tests", host=twilio_url))
    monkeypatch.setattr(nobody._client, "auth", None)
    monkeypatch.setattr(nobody._client, "username", None)
    with pytest.raises(BrokenOffError, match="401"):
        nobody.send([a_text()], Ledger())


def test_twilio_knows_the_account_that_is_checked(texter: TwilioSender) -> None:
    texter.check()
