"""SendGrid: sending through its v3 API, and whether a webhook is really its own."""

import binascii
import http.client
import logging
import urllib.error
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from http import HTTPStatus
from uuid import UUID

import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient
from sendgrid.helpers.eventwebhook import EventWebhook

from rex_celery import clock
from rex_celery.errors import InvalidError, Problem, ProviderRejectedError, ProviderUnavailableError
from rex_celery.integrations import http_answers, one_by_one, sendgrid_answers, sendgrid_requests, smtp_replies
from rex_celery.integrations.base import Delivery, Outbound, Receipt, Submit
from rex_celery.integrations.sendgrid_events import read_event, read_events
from rex_celery.integrations.sendgrid_requests import MOST_PERSONALIZATIONS, Letter

log = structlog.get_logger()
# At DEBUG the SDK logs whole requests, the API key and everybody's address among them.
logging.getLogger("python_http_client").setLevel(logging.WARNING)

PROVIDER = "sendgrid"
HOSTS = {"global": "https://api.sendgrid.com", "eu": "https://api.eu.sendgrid.com"}


@dataclass(frozen=True, slots=True)
class SendGridAccount:
    """``host`` is where the API is: SendGrid's own, or its European one; ``timeout`` in seconds, for each answer."""

    api_key: str
    host: str = HOSTS["global"]
    track_clicks: bool = False
    timeout: float = 30.0


class SendGridSender:
    """Sends up to 1000 messages a request; those that a request must not hold together go in requests of their own.

    SendGrid has no key that would make a repeated request harmless. So an answer that does not come is ``UNKNOWN``; a
    request that was refused for one message gives that one ``REJECTED`` and all others back as ``DEFERRED``.
    """

    most = MOST_PERSONALIZATIONS
    reports_delivery = True

    def __init__(self, account: SendGridAccount) -> None:
        self._account = account
        # Of a request that was refused without saying for which message: sent one by one the next time.
        self._suspects = set[UUID]()

    def send(self, messages: Sequence[Outbound], submit: Submit) -> list[Receipt]:
        """Hand messages over, as ``base.Sender`` says; ``submit`` is asked directly before each request."""
        letters, receipts = _letters(messages)
        for group in sendgrid_requests.grouped(letters, frozenset(self._suspects)):
            try:
                receipts += self._hand_over(group, submit)
            except ProviderUnavailableError as error:
                raise one_by_one.broken_off(messages, PROVIDER, receipts, error) from error
        return receipts

    def check(self) -> None:
        """Ask what the API key may do, and send nothing.

        Raises:
            ProviderUnavailableError: SendGrid cannot be reached, or the key is not known or may not send.

        """
        try:
            answer = self._client().client.scopes.get(timeout=self._account.timeout)
        except HTTPError as error:
            sendgrid_answers.refusal(error.status_code, error.body, error.headers, clock.now())
            raise ProviderUnavailableError(f"SendGrid answers {error.status_code}.") from error
        except (OSError, http.client.HTTPException) as error:
            raise _unreachable(error) from error
        if b'"mail.send"' not in answer.body:
            raise ProviderUnavailableError("The API key may not send mail (it lacks the scope mail.send).")

    def _hand_over(self, group: Sequence[Letter], submit: Submit) -> list[Receipt]:
        allowed = set(submit([one.id for one in group]))
        leaving = [one for one in group if one.id in allowed]
        withdrawn = [Receipt(Delivery.WITHDRAWN, PROVIDER, id=one.id) for one in group if one.id not in allowed]
        return withdrawn + (self._post(leaving) if leaving else [])

    def _post(self, leaving: Sequence[Letter]) -> list[Receipt]:
        request = sendgrid_requests.request_of(leaving, track_clicks=self._account.track_clicks)
        self._suspects.difference_update(one.id for one in leaving)
        try:
            answer = self._client().client.mail.send.post(request_body=request, timeout=self._account.timeout)
        except HTTPError as error:
            if error.status_code in http_answers.GATEWAYS:
                return _unknown(leaving, f"http_{error.status_code}")
            refusal = sendgrid_answers.refusal(error.status_code, error.body, error.headers, clock.now())
            return self._refused(leaving, refusal)
        except urllib.error.URLError as error:  # raised while connecting and while the request is written, not after
            raise _unreachable(error) from error
        except (OSError, http.client.HTTPException) as error:
            return _unknown(leaving, type(error).__name__)
        if answer.status_code != HTTPStatus.ACCEPTED:
            return _unknown(leaving, f"http_{answer.status_code}")
        # All messages of a request share this name: kept for one, it would be credited with what befell another.
        name = (answer.headers.get("X-Message-Id") or "") if len(leaving) == 1 else ""
        return [Receipt(Delivery.ACCEPTED, PROVIDER, name, id=one.id) for one in leaving]

    def _refused(self, leaving: Sequence[Letter], refusal: sendgrid_answers.Refusal) -> list[Receipt]:
        """Nothing of a refused request was accepted: only whose fault it was is final."""
        if len(leaving) == 1:
            return [_rejected(leaving[0], refusal.code, refusal.which.get(0, ""))]
        if not refusal.which:
            self._suspects.update(one.id for one in leaving)
        return [
            _rejected(one, refusal.code, refusal.which[place])
            if place in refusal.which
            else Receipt(Delivery.DEFERRED, PROVIDER, id=one.id, reason="waiting_retry", retry_after=_AT_ONCE)
            for place, one in enumerate(leaving)
        ]

    def _client(self) -> SendGridAPIClient:
        """A client for one request: what it is called with sticks to it."""
        return SendGridAPIClient(self._account.api_key, self._account.host)


_AT_ONCE = timedelta(0)


def verify(
    public_key: str, signature: str, timestamp: str, raw_body: bytes, *, tolerance: timedelta | None = None
) -> bool:
    """Whether SendGrid signed this body, byte for byte as it came.

    ``public_key`` is the one that the webhook's security settings show. ``tolerance`` is how old the signature may be;
    by default of any age, because SendGrid repeats itself for 24 hours, and what came before is known by its id.

    Raises:
        InvalidError: the public key is none.

    """
    try:
        if tolerance is not None and abs(clock.now().timestamp() - int(timestamp)) > tolerance.total_seconds():
            return False
        genuine: bool = _webhook(public_key).verify_signature(raw_body.decode("utf-8"), signature, timestamp)
    except (binascii.Error, UnicodeError, ValueError):
        return False
    return genuine


@lru_cache(maxsize=128)
def _webhook(public_key: str) -> EventWebhook:
    if trouble := trouble_with(public_key):
        problem = Problem("settings.webhook_public_key", trouble, "the verification key that SendGrid shows")
        raise InvalidError("SendGrid's public key cannot be read.", code="bad_key", problems=(problem,))
    return EventWebhook(public_key)


def trouble_with(public_key: str) -> str:
    """What is wrong with a webhook's public key, in words; empty when it can verify."""
    try:
        key = EventWebhook(public_key).public_key
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return "is not a public key in base64"
    return "" if isinstance(key, EllipticCurvePublicKey) else "is not a key of an elliptic curve"


def _letters(messages: Sequence[Outbound]) -> tuple[list[Letter], list[Receipt]]:
    """Those that can be written, and the receipts of those that cannot."""
    letters, refused = [], []
    for message in messages:
        try:
            letters.append(sendgrid_requests.letter(message))
        except ProviderRejectedError as error:
            reason = smtp_replies.reason_of(error.code)
            refused.append(Receipt(Delivery.REJECTED, PROVIDER, id=message.id, code=error.code, reason=reason))
    return letters, refused


def _rejected(one: Letter, code: str, field: str) -> Receipt:
    reason = "invalid_email" if field.startswith("to") else "provider_rejected"
    return Receipt(Delivery.REJECTED, PROVIDER, id=one.id, code=f"{code} {field}".rstrip()[:100], reason=reason)


def _unknown(leaving: Sequence[Letter], why: str) -> list[Receipt]:
    log.warning("sendgrid_answer_lost", messages=len(leaving), error=why)
    return [Receipt(Delivery.UNKNOWN, PROVIDER, id=one.id) for one in leaving]


def _unreachable(error: Exception) -> ProviderUnavailableError:
    reason = getattr(error, "reason", error)
    return ProviderUnavailableError(f"SendGrid cannot be reached ({type(reason).__name__}).")


# Webhooks are checked and read by the same name.
__all__ = ["HOSTS", "SendGridAccount", "SendGridSender", "read_event", "read_events", "trouble_with", "verify"]
