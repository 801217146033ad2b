"""What SendGrid's refusals mean: whose turn it is, and which message of a request was meant."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from rex_celery.errors import ProviderUnavailableError
from rex_celery.integrations import http_answers

_ONE_OF_THEM = re.compile(r"^personalizations\.(\d+)(?:\.(.*))?$")
# Belongs to the account or the sender, so every request would be refused: no message's fault.
_SHARED = re.compile(r"^(from|reply_to|categories|tracking_settings|mail_settings|ip_pool_name|asm|batch_id)\b")
_LONGEST_CODE = 100
# All others are about the address of the API or its use, never about one message.
_ABOUT_THE_REQUEST = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused request. ``which`` are the places of the messages that were meant, empty if SendGrid does not say."""

    code: str
    which: Mapping[int, str]


def refusal(status: int, body: bytes, headers: Mapping[str, str], now: datetime) -> Refusal:
    """The messages that a refusal is about, each with the field that was wrong.

    Raises:
        ProviderUnavailableError: it is about the account, the sender or SendGrid itself; no message is at fault.

    """
    if http_answers.refuses_everybody(status):
        wait = http_answers.wait_of(headers, now)
        raise ProviderUnavailableError(f"SendGrid refuses everything ({status}){_hint(status)}.", retry_after=wait)
    fields = _fields(body)
    shared = [field for field in fields if _SHARED.match(field)]
    if shared:
        raise ProviderUnavailableError(f"SendGrid refuses the sender ({status} {shared[0][:_LONGEST_CODE]}).")
    if status not in _ABOUT_THE_REQUEST:
        raise ProviderUnavailableError(f"The answer ({status}) is not one to this request; see the API's address.")
    found = [match for match in map(_ONE_OF_THEM.match, fields) if match]
    return Refusal(str(status), {int(match[1]): match[2] or "" for match in found})


def _hint(status: int) -> str:
    if status == HTTPStatus.UNAUTHORIZED:
        return ": the API key is wrong or was revoked"
    if status == HTTPStatus.FORBIDDEN:
        return ": the API key may not send, or the From address is not verified"
    return ""


def _fields(body: bytes) -> list[str]:
    """The names of the fields that were wrong; what else stands there may hold addresses and is left out."""
    try:
        errors = json.loads(body).get("errors")
        return [str(error.get("field") or "") for error in errors]
    except (ValueError, AttributeError, TypeError, RecursionError):
        return []
