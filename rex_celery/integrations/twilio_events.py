"""What Twilio's webhooks tell, read: what became of a message, and text messages that came in."""

from collections.abc import Mapping
from datetime import datetime

from rex_celery import clock
from rex_celery.errors import InvalidError, Problem
from rex_celery.integrations import twilio_codes
from rex_celery.integrations.base import InboundText, ProviderEvent

_KINDS = {
    "accepted": "accepted",
    "scheduled": "accepted",
    "queued": "accepted",
    "sending": "accepted",
    "sent": "accepted",
    "delivered": "delivered",
    "partially_delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
_FAILED = "failed"
OTHER = "other"
_LONGEST_BODY = 10_000


def read_event(form: Mapping[str, str], at: datetime | None = None) -> ProviderEvent:
    """A status callback that came in at ``at``, now if not given: Twilio does not say when it was so.

    A message has each status once. ``classification`` of one that failed is a code of ``rex_celery.reasons``.

    Raises:
        InvalidError: the message or its status is missing.

    """
    sid, status = form.get("MessageSid") or form.get("SmsSid"), form.get("MessageStatus") or form.get("SmsStatus")
    if not sid or not status:
        raise _missing({"MessageSid": sid, "MessageStatus": status})
    kind, reason = _KINDS.get(status, OTHER), ""
    code = form.get("ErrorCode", "")[:20]
    if kind == _FAILED:
        meaning = twilio_codes.meaning_of(int(code) if code.isdecimal() else 0)
        kind, reason = meaning.kind, meaning.reason
    return ProviderEvent(
        provider="twilio",
        event_id=f"{sid}:{status}",
        kind=kind,
        source="webhook",
        at=at or clock.now(),
        provider_message_id=sid,
        recipient=form.get("To", ""),
        code=code,
        classification=reason,
        details={"status": status},
    )


def read_text(form: Mapping[str, str], at: datetime) -> InboundText:
    """A text message that came in at ``at``.

    Raises:
        InvalidError: who wrote it, or to whom, or its id is missing.

    """
    sid = form.get("MessageSid") or form.get("SmsMessageSid") or form.get("SmsSid")
    sender, recipient = form.get("From"), form.get("To")
    if not sid or not sender or not recipient:
        raise _missing({"MessageSid": sid, "From": sender, "To": recipient})
    word = form.get("OptOutType", "").upper()
    return InboundText(
        provider_id=sid,
        sender=sender,
        recipient=recipient,
        text=form.get("Body", "")[:_LONGEST_BODY],
        at=at,
        opt_out_type=word if word in {"STOP", "HELP", "START"} else "",
    )


def _missing(fields: Mapping[str, str | None]) -> InvalidError:
    missing = [name for name, value in fields.items() if not value]
    problems = tuple(Problem(f"form.{name}", "is missing", "a parameter as Twilio sends it") for name in missing)
    return InvalidError("This is not one of Twilio's webhooks.", code="bad_form", problems=problems)
