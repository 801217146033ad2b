"""Twilio: text messages through its API, and whether a webhook is really its own."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import structlog
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from rex_celery import clock
from rex_celery.errors import ProviderUnavailableError
from rex_celery.integrations import http_answers, one_by_one, twilio_codes
from rex_celery.integrations.base import Delivery, Outbound, OutboundText, Receipt, Submit
from rex_celery.integrations.twilio_events import read_event, read_text

log = structlog.get_logger()
# The SDK says at INFO where each request goes, and with which headers.
_SILENT = logging.getLogger("twilio.silent")
_SILENT.setLevel(logging.CRITICAL)

PROVIDER = "twilio"
API = "https://api.twilio.com"
# One call each: so few that a stop and a lease are looked at often.
MOST = 10
LONGEST_VALIDITY = timedelta(hours=10)
# With less time than this a message would as likely expire in the queue as arrive.
SHORTEST_VALIDITY = timedelta(minutes=1)
SERVICE = "MG"
BODY_HASH = "bodySHA256"
_FAILED = frozenset({"failed", "undelivered"})


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """``service_sid`` is a Messaging Service, empty to send from the inbox's number alone.

    ``status_url`` is told what becomes of each message; empty where Twilio could not reach it. ``host`` is where the
    API is, such as the one of another region; ``timeout`` in seconds.
    """

    account_sid: str
    auth_token: str
    service_sid: str = ""
    status_url: str = ""
    host: str = API
    timeout: float = 30.0


class TwilioSender:
    """Sends text messages one by one, each with the time after which Twilio must not deliver it any more."""

    most = MOST

    def __init__(self, account: TwilioAccount) -> None:
        self._account = account
        self._http = _Http(account)
        self._client = Client(account.account_sid, account.auth_token, http_client=self._http)

    @property
    def reports_delivery(self) -> bool:
        """Only if Twilio knows where to."""
        return bool(self._account.status_url)

    def send(self, messages: Sequence[Outbound], submit: Submit) -> list[Receipt]:
        """Hand over one message after the other, as ``base.Sender`` says."""
        return one_by_one.send_each(messages, PROVIDER, lambda message: self._hand_over(message, submit))

    def check(self) -> None:
        """Ask for the account, and send nothing.

        Raises:
            ProviderUnavailableError: Twilio cannot be reached or does not know the account or its token.

        """
        try:
            account = self._client.api.accounts(self._account.account_sid).fetch()
        except (TwilioRestException, TwilioServiceException) as error:
            raise ProviderUnavailableError(f"Twilio answers {error.status}, code {error.code}.") from error
        except requests.RequestException as error:
            raise _unreachable(error) from error
        except ValueError as error:
            raise ProviderUnavailableError("Twilio's answer cannot be read; see the API's address.") from error
        if account.status != "active":
            raise ProviderUnavailableError(f"The account is {account.status}.")

    def _hand_over(self, message: Outbound, submit: Submit) -> Receipt:
        text = message.content
        if not isinstance(text, OutboundText):
            raise TypeError("Twilio takes text messages only")
        if text.valid_until and text.valid_until - clock.now() < SHORTEST_VALIDITY:
            return Receipt(Delivery.DEFERRED, PROVIDER, reason="waiting_window")
        if message.id not in submit([message.id]):
            return Receipt(Delivery.WITHDRAWN, PROVIDER)
        try:
            return _receipt(self._client.messages.create(**self._parameters(text)))
        except (TwilioRestException, TwilioServiceException) as error:
            return self._refused(error)
        except requests.RequestException as error:
            if http_answers.never_left(error):
                raise _unreachable(error) from error
            return _unknown(type(error).__name__)
        except ValueError:  # a yes that cannot be read is still a yes
            return _unknown("answer_unreadable")

    def _parameters(self, text: OutboundText) -> dict[str, Any]:
        """From the inbox's own number, within the service if there is one; or whichever number the service takes."""
        service = text.sender if text.sender.startswith(SERVICE) else self._account.service_sid
        parameters: dict[str, Any] = {"to": text.recipient, "body": text.body}
        if service:
            parameters["messaging_service_sid"] = service
        if text.sender != service:
            parameters["from_"] = text.sender
        if self._account.status_url:
            parameters["status_callback"] = self._account.status_url
        if text.valid_until:
            left = min(text.valid_until - clock.now(), LONGEST_VALIDITY)
            parameters["validity_period"] = max(1, int(left.total_seconds()))
        return parameters

    def _refused(self, error: TwilioRestException | TwilioServiceException) -> Receipt:
        status, code = int(error.status), int(error.code or 0)
        if code in twilio_codes.OVERFLOW:
            wait = self._http.wait() or twilio_codes.OVERFLOW_WAIT
            return Receipt(Delivery.DEFERRED, PROVIDER, code=str(code), reason="waiting_retry", retry_after=wait)
        if status in http_answers.GATEWAYS:
            return _unknown(f"http_{status}")
        # What is wrong with one message is a 400; all else is about the account, the address of the API or Twilio.
        if status != HTTPStatus.BAD_REQUEST or twilio_codes.is_the_account(code):
            detail = f"Twilio refuses everything ({status}, {code})."
            raise ProviderUnavailableError(detail, retry_after=self._http.wait())
        return _rejected(code)


class _Http(TwilioHttpClient):  # type: ignore[misc]  # the SDK has no types
    """The SDK's own client, with the API's address as a setting, and no word in the log.

    A connection for each request: on one that was kept, nobody could tell a request that was lost from one that was
    taken.
    """

    def __init__(self, account: TwilioAccount) -> None:
        super().__init__(pool_connections=False, timeout=account.timeout, logger=_SILENT)
        self._host = account.host.rstrip("/")
        self._headers: Mapping[str, str] = {}

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
        """Make one request, at the address that is set."""
        self._headers = {}
        with requests.Session() as self.session:
            answer = super().request(method, self._host + urlsplit(url).path, *args, **options)
        self._headers = answer.headers or {}
        return answer

    def wait(self) -> timedelta | None:
        """How long the last answer asked to be left alone."""
        return http_answers.wait_of(self._headers, clock.now())


def verify(auth_token: str, url: str, params: Mapping[str, Any] | str, signature: str) -> bool:
    """Whether Twilio signed this request.

    ``url`` is the whole public address with its query as Twilio was given it. ``params`` are all parameters of the form
    (Twilio adds new ones at any time), or the body as text where it is JSON; the address then holds its hash.
    """
    if not auth_token or (isinstance(params, str) and BODY_HASH not in parse_qs(urlsplit(url).query)):
        return False  # anybody could have signed it
    try:
        genuine: bool = RequestValidator(auth_token).validate(url, params, signature)
    except ValueError:  # the address is none
        return False
    return genuine


def _receipt(sent: Any) -> Receipt:
    if sent.status in _FAILED:
        return _rejected(int(sent.error_code or 0))
    # A service counts the segments later, when it has chosen a number: until then it says 0.
    segments = int(sent.num_segments or 0) or None
    return Receipt(Delivery.ACCEPTED, PROVIDER, sent.sid or "", segments=segments, price=_price(sent.price))


def _price(told: str | None) -> Decimal | None:
    """What it costs; Twilio tells it as a negative amount, mostly later."""
    try:
        return abs(Decimal(told)) if told else None
    except InvalidOperation:
        return None


def _rejected(code: int) -> Receipt:
    meaning = twilio_codes.meaning_of(code)
    return Receipt(Delivery.REJECTED, PROVIDER, code=str(code), reason=meaning.reason)


def _unknown(why: str) -> Receipt:
    log.warning("twilio_answer_lost", error=why)
    return Receipt(Delivery.UNKNOWN, PROVIDER)


def _unreachable(error: requests.RequestException) -> ProviderUnavailableError:
    return ProviderUnavailableError(f"Twilio cannot be reached ({type(error).__name__}).")


# Webhooks are checked and read by the same name.
__all__ = ["PROVIDER", "TwilioAccount", "TwilioSender", "read_event", "read_text", "verify"]
