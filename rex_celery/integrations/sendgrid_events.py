"""What SendGrid's event webhook tells, read: every event as one fact about a delivery."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from rex_celery.errors import InvalidError, Problem
from rex_celery.integrations import smtp_replies
from rex_celery.integrations.base import ProviderEvent

_KINDS = {
    "processed": "accepted",
    "delivered": "delivered",
    "deferred": "deferred",
    "bounce": "blocked",  # unless the address is dead
    "blocked": "blocked",
    "dropped": "dropped",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
    "open": "opened",
    "click": "clicked",
}
OTHER = "other"
_DEAD = "Invalid Address"
# In these a dead address may hide; the others are about the sender or what it sent, whatever the code.
_OPEN_CLASSES = frozenset({"", "Unclassified", "Mailbox Unavailable"})
_DETAILS = ("reason", "response", "status", "attempt", "type", "useragent", "ip", "url", "asm_group_id")
_LONGEST_DETAIL = 1000


def _as_text(value: object) -> str:
    """A field that is empty, or a number where text was meant, is no reason to lose what is told."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) else ""


_Text = Annotated[str, BeforeValidator(_as_text)]


class _Event(BaseModel):
    """The fields that REX reads; SendGrid adds others at any time, and custom arguments stand among them."""

    model_config = ConfigDict(extra="allow")

    event: str = Field(min_length=1, max_length=100)
    timestamp: int = Field(ge=0, le=253_402_300_799)
    email: _Text = ""
    sg_event_id: _Text = ""
    sg_message_id: _Text = ""
    smtp_id: _Text = Field("", alias="smtp-id")
    rex_message_id: _Text = ""
    reason: _Text = ""
    response: _Text = ""
    status: _Text = ""
    bounce_type: _Text = Field("", alias="type")
    bounce_classification: _Text = ""
    sg_machine_open: bool = False


_EVENTS = TypeAdapter(list[_Event])


def read_events(body: bytes) -> list[ProviderEvent]:
    """The events of one post, in its order; those that say nothing of a delivery have the kind ``other``.

    Raises:
        InvalidError: it is not a list of SendGrid's events; every problem is named.

    """
    try:
        return [_read(one) for one in _EVENTS.validate_json(body)]
    except ValidationError as error:
        raise _invalid(error) from error


def read_event(payload: Mapping[str, Any]) -> ProviderEvent:
    """One event of a post.

    Raises:
        InvalidError: it is none of SendGrid's; every problem is named.

    """
    try:
        return _read(_Event.model_validate(payload))
    except ValidationError as error:
        raise _invalid(error) from error


def _read(one: _Event) -> ProviderEvent:
    kind = _kind(one)
    return ProviderEvent(
        provider="sendgrid",
        event_id=one.sg_event_id or _fingerprint(one),
        kind=kind,
        source="webhook",
        at=datetime.fromtimestamp(one.timestamp, UTC),
        message_id=_uuid(one.rex_message_id),
        # The part before the first dot is what the request was answered with.
        provider_message_id=one.sg_message_id.partition(".")[0],
        rfc_message_id=one.smtp_id,
        recipient=one.email,
        code=_code(one),
        classification=one.bounce_classification,
        evidence="machine" if kind == "opened" and one.sg_machine_open else "",
        details=_details(one),
    )


def _kind(one: _Event) -> str:
    kind = _KINDS.get(one.event, OTHER)
    return "bounced" if kind == "blocked" and _is_dead(one) else kind


def _is_dead(one: _Event) -> bool:
    """A bounce that says that the address does not exist; all others are the sender's or the content's problem."""
    if one.event != "bounce" or one.bounce_type == "blocked":
        return False
    if one.bounce_classification == _DEAD:
        return True
    return one.bounce_classification in _OPEN_CLASSES and smtp_replies.reason_of(_code(one)) == "invalid_mailbox"


def _code(one: _Event) -> str:
    if one.event == "dropped":
        return one.reason[:100]
    told = smtp_replies.enhanced_of(one.reason or one.response)  # ``status`` is often no more than 5.0.0
    return (told or one.status or one.response[:3])[:100]


def _details(one: _Event) -> dict[str, object]:
    known = one.model_dump(by_alias=True)
    told = {"event": one.event} | {name: known.get(name) for name in _DETAILS}
    return {name: str(value)[:_LONGEST_DETAIL] for name, value in told.items() if value not in {None, ""}}


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None


def _fingerprint(one: _Event) -> str:
    """A name for an event that has none: the same for the same event."""
    words = json.dumps(one.model_dump(mode="json", by_alias=True), sort_keys=True, default=str)
    return f"sha256:{hashlib.sha256(words.encode()).hexdigest()}"


def _invalid(error: ValidationError) -> InvalidError:
    problems = tuple(
        Problem(".".join(map(str, ("body", *one["loc"]))), one["msg"], "an event as SendGrid documents it")
        for one in error.errors(include_url=False, include_input=False)[:20]
    )
    return InvalidError("These are not SendGrid's events.", code="bad_events", problems=problems)
