"""LinkedIn through a licensed partner's HTTP interface, or a bridge to one that speaks this small contract.

REX makes one request for each message::

    POST <url>
    Authorization: Bearer <token>
    Content-Type: application/json

    {"id": "<the message's id, the same on a repeat>", "profile_url": "https://www.linkedin.com/in/…", "text": "…"}

and reads the status: 2xx accepted, its JSON may name the message as ``id``; 401, 403, 429 and 5xx nothing was accepted,
try again (``Retry-After`` is kept to); 502 and 504 nobody knows; any other 4xx refused for good, its JSON may hold a
``code``. LinkedIn itself offers no interface for this, and REX drives no browser in anybody's name.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

import requests
import structlog

from rex_celery import clock
from rex_celery.errors import ProviderUnavailableError
from rex_celery.integrations import http_answers, one_by_one
from rex_celery.integrations.base import Delivery, Outbound, OutboundText, Receipt, Submit

log = structlog.get_logger()

PROVIDER = "partner"
MOST = 10


@dataclass(frozen=True, slots=True)
class LinkedInPartner:
    """Where the partner's interface is; ``timeout`` in seconds."""

    url: str
    token: str
    timeout: float = 30.0


class LinkedInPartnerSender:
    """Sends LinkedIn messages one by one."""

    most = MOST
    reports_delivery = False

    def __init__(self, partner: LinkedInPartner) -> None:
        self._partner = partner

    def send(self, messages: Sequence[Outbound], submit: Submit) -> list[Receipt]:
        """Hand over one message after the other, as ``base.Sender`` says."""
        return one_by_one.send_each(messages, PROVIDER, lambda message: self._hand_over(message, submit))

    def check(self) -> None:
        """See that the partner answers and takes the token; OPTIONS changes nothing anywhere.

        Raises:
            ProviderUnavailableError: it cannot be reached or refuses the token.

        """
        try:
            answer = self._request("OPTIONS")
        except requests.RequestException as error:
            raise _unreachable(error) from error
        if http_answers.refuses_everybody(answer.status_code):
            raise ProviderUnavailableError(f"The partner answers {answer.status_code}.")

    def _hand_over(self, message: Outbound, submit: Submit) -> Receipt:
        text = message.content
        if not isinstance(text, OutboundText):
            raise TypeError("LinkedIn takes text messages only")
        if message.id not in submit([message.id]):
            return Receipt(Delivery.WITHDRAWN, PROVIDER)
        body = {"id": str(message.id), "profile_url": text.recipient, "text": text.body}
        try:
            return _receipt(self._request("POST", body))
        except requests.RequestException as error:
            if http_answers.never_left(error):
                raise _unreachable(error) from error
            return _unknown(type(error).__name__)

    def _request(self, method: str, body: dict[str, str] | None = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._partner.token}"}
        timeout = self._partner.timeout
        return requests.request(
            method, self._partner.url, json=body, headers=headers, timeout=timeout, allow_redirects=False
        )


def _receipt(answer: requests.Response) -> Receipt:
    status = answer.status_code
    if status in http_answers.GATEWAYS:
        return _unknown(f"http_{status}")
    if http_answers.refuses_everybody(status) or HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        wait = http_answers.wait_of(answer.headers, clock.now())
        raise ProviderUnavailableError(f"The partner answers {status}.", retry_after=wait)
    if status >= HTTPStatus.BAD_REQUEST:
        code = _named(answer, "code") or str(status)
        return Receipt(Delivery.REJECTED, PROVIDER, code=code[:100], reason="provider_rejected")
    return Receipt(Delivery.ACCEPTED, PROVIDER, _named(answer, "id")[:200])


def _named(answer: requests.Response, field: str) -> str:
    try:
        value = json.loads(answer.content).get(field)
    except (ValueError, AttributeError, RecursionError):
        return ""
    return str(value) if isinstance(value, str | int) else ""


def _unknown(why: str) -> Receipt:
    log.warning("partner_answer_lost", error=why)
    return Receipt(Delivery.UNKNOWN, PROVIDER)


def _unreachable(error: requests.RequestException) -> ProviderUnavailableError:
    return ProviderUnavailableError(f"The partner cannot be reached ({type(error).__name__}).")
