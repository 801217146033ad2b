"""Calendly v2: whether a webhook is its own, and what it tells about an invitee."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from rex_celery.errors import ProviderRejectedError

# What Calendly's own examples allow between signing and arrival; replays are harmless, events are kept once.
TOLERANCE = timedelta(minutes=3)
CREATED, CANCELED = "invitee.created", "invitee.canceled"
# 64 hex digits: the signature of "<t>.<raw body>".
_HEADER = re.compile(r"t=(\d{1,12}),\s*v1=([0-9a-f]{64})")


def verify(signing_key: str, body: bytes, header: str, now: datetime, tolerance: timedelta = TOLERANCE) -> bool:
    """Whether this body was signed with the key, at most ``tolerance`` from now; ``header`` is ``t=…,v1=…``."""
    found = _HEADER.fullmatch(header.strip())
    if not signing_key or not found:
        return False
    signed = hmac.new(signing_key.encode(), found[1].encode() + b"." + body, hashlib.sha256).hexdigest()
    young = abs(now.timestamp() - int(found[1])) <= tolerance.total_seconds()
    return hmac.compare_digest(signed, found[2]) and young


@dataclass(frozen=True, slots=True)
class CalendlyEvent:
    """What happened to one invitee. ``invitee`` is its URI; a rescheduled one gets another and names the old one.

    ``moved``: a cancellation that is one half of a move. ``person`` is the opaque word that our link carried in
    ``utm_content`` and that comes back whoever fills in the form.
    """

    kind: str
    invitee: str
    old_invitee: str
    moved: bool
    title: str
    name: str
    email: str
    timezone: str | None
    starts_at: datetime
    ends_at: datetime
    at: datetime
    person: str = ""
    reason: str = ""


class _Loose(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Meeting(_Loose):
    name: str | None = None
    start_time: AwareDatetime
    end_time: AwareDatetime


class _Tracking(_Loose):
    utm_content: str | None = None


class _Cancellation(_Loose):
    reason: str | None = None


class _Invitee(_Loose):
    uri: str = Field(min_length=1, max_length=500)
    name: str | None = None
    email: str = Field(min_length=3, max_length=320)
    timezone: str | None = None
    rescheduled: bool = False
    old_invitee: str | None = None
    scheduled_event: _Meeting
    tracking: _Tracking = _Tracking()
    cancellation: _Cancellation | None = None


class _Webhook(_Loose):
    event: str
    created_at: AwareDatetime
    payload: _Invitee


def read(payload: dict[str, Any]) -> CalendlyEvent | None:
    """What a webhook tells; None for events that are not about an invitee's booking.

    Raises:
        ProviderRejectedError: it says that it is, but cannot be read.

    """
    if payload.get("event") not in {CREATED, CANCELED}:
        return None
    try:
        told = _Webhook.model_validate(payload)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, one["loc"])) for one in error.errors()[:3])
        raise ProviderRejectedError(f"A Calendly event cannot be read: {places}.", code="unreadable") from None
    if told.payload.scheduled_event.end_time <= told.payload.scheduled_event.start_time:
        raise ProviderRejectedError("A Calendly event ends before it begins.", code="unreadable")
    return _event(told.event, told.created_at, told.payload)


def link(url: str, person: str) -> str:
    """A Calendly address that says whom it was given to, without saying it to anybody else."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "utm_content"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("utm_content", person)])))


def _event(kind: str, at: datetime, told: _Invitee) -> CalendlyEvent:
    meeting, ended = told.scheduled_event, told.cancellation
    return CalendlyEvent(
        kind=kind,
        invitee=told.uri,
        old_invitee=told.old_invitee or "",
        moved=kind == CANCELED and told.rescheduled,
        title=_line(meeting.name, 300),
        name=_line(told.name, 300),
        email=told.email.strip().lower(),
        timezone=told.timezone,
        starts_at=meeting.start_time.astimezone(UTC),
        ends_at=meeting.end_time.astimezone(UTC),
        at=at.astimezone(UTC),
        person=(told.tracking.utm_content or "").strip(),
        reason=_line(ended.reason, 1000) if ended else "",
    )


def _line(text: str | None, most: int) -> str:
    return " ".join((text or "").replace("\0", "").split())[:most]
