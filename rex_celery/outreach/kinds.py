"""What each kind of event does when it is applied, the most urgent first: people before delivery reports."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from rex_celery.errors import InvalidError
from rex_celery.integrations import sendgrid_events, twilio_events
from rex_celery.integrations.base import ProviderEvent
from rex_celery.outreach.incoming_rows import MOST, Event


def _part(name: str) -> Any:
    return import_module(f"rex_celery.{name}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an event: applied, ignored, unmatched or failed; pending with the moment of the next try."""

    state: str = "applied"
    note: str = ""
    run_after: datetime | None = None


# What a provider tells that is not about a delivery.
OTHER = "other"
# Tells about those events that were not simply applied.
Apply = Callable[[Session, UUID, Sequence[Event], datetime], Mapping[int, Verdict]]


@dataclass(frozen=True, slots=True)
class Kind:
    """How events of one kind are applied, and how many in one transaction."""

    apply: Apply
    most: int = 1


def _facts(read: Callable[[Event], ProviderEvent]) -> Apply:
    def apply(session: Session, tenant_id: UUID, events: Sequence[Event], now: datetime) -> dict[int, Verdict]:
        verdicts: dict[int, Verdict] = {}
        told: dict[int, ProviderEvent] = {}
        for event in events:
            try:
                told[event.id] = read(event)
            except InvalidError as error:
                verdicts[event.id] = Verdict("failed", _in_words(error))
        about = {id_: fact for id_, fact in told.items() if fact.kind != OTHER}
        verdicts |= {id_: Verdict("ignored", "It says nothing about a delivery.") for id_ in told.keys() - about.keys()}
        stored = _part("outreach.facts").store(session, tenant_id, list(about.values()), now)
        lost = {(fact.provider, fact.event_id) for fact in stored.unmatched}
        unmatched = Verdict("unmatched", "It names no message of this tenant.")
        return verdicts | {id_: unmatched for id_, fact in about.items() if (fact.provider, fact.event_id) in lost}

    return apply


def _in_words(error: InvalidError) -> str:
    return "; ".join([error.detail, *(f"{one.where} {one.what}" for one in error.problems)])[:500]


def _mail(session: Session, tenant_id: UUID, events: Sequence[Event], now: datetime) -> dict[int, Verdict]:
    return {event.id: _part("outreach.incoming").receive(session, tenant_id, event, now) for event in events}


def _text(session: Session, tenant_id: UUID, events: Sequence[Event], now: datetime) -> dict[int, Verdict]:
    for event in events:
        _part("outreach.replies").receive_text(
            session,
            tenant_id,
            twilio_events.read_text(event.payload, event.received_at),
            now,
            event.id,
        )
    return {}


def _calendly(session: Session, tenant_id: UUID, events: Sequence[Event], now: datetime) -> dict[int, Verdict]:
    for event in events:
        _part("outreach.bookings").apply_calendly(session, tenant_id, event.payload, now)
    return {}


APPLY: Mapping[str, Kind] = MappingProxyType(
    {
        "twilio.inbound": Kind(_text),
        "sendgrid.inbound": Kind(_mail),
        "imap": Kind(_mail),
        "calendly": Kind(_calendly),
        "twilio.status": Kind(_facts(lambda event: twilio_events.read_event(event.payload, event.received_at)), MOST),
        "sendgrid.event": Kind(_facts(lambda event: sendgrid_events.read_event(event.payload)), MOST),
    }
)
"""By kind, in the order in which they are applied."""
