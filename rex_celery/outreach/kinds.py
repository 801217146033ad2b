"""What each kind of event does when it is applied, the most urgent first: people before delivery reports."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy.orm import Session

from rex_celery.errors import InvalidError, ProviderRejectedError
from rex_celery.integrations import sendgrid_events, twilio_events
from rex_celery.integrations.base import ProviderEvent
from rex_celery.meetings.outside import Change
from rex_celery.outreach import bookings, facts, incoming, replies
from rex_celery.outreach.arrivals import ArrivalKind
from rex_celery.outreach.incoming_rows import MOST, Event, Verdict

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
        stored = facts.store(session, tenant_id, list(about.values()), now)
        lost = {(fact.provider, fact.event_id) for fact in stored.unmatched}
        unmatched = Verdict("unmatched", "It names no message of this tenant.")
        return verdicts | {id_: unmatched for id_, fact in about.items() if (fact.provider, fact.event_id) in lost}

    return apply


def _in_words(error: InvalidError) -> str:
    return "; ".join([error.detail, *(f"{one.where} {one.what}" for one in error.problems)])[:500]


def _mail(session: Session, tenant_id: UUID, events: Sequence[Event], now: datetime) -> dict[int, Verdict]:
    return {event.id: incoming.receive(session, tenant_id, event, now) for event in events}


def _text(session: Session, tenant_id: UUID, events: Sequence[Event], now: datetime) -> dict[int, Verdict]:
    verdicts = {}
    for event in events:
        try:
            words = twilio_events.read_text(event.payload, event.received_at)
        except InvalidError as error:
            verdicts[event.id] = Verdict("failed", _in_words(error))
            continue
        received = replies.receive_text(session, tenant_id, words, now, event.id)
        if received.kind is ArrivalKind.OWN:
            verdicts[event.id] = Verdict("ignored", "It is our own number.")
    return verdicts


def _calendly(session: Session, tenant_id: UUID, events: Sequence[Event], now: datetime) -> dict[int, Verdict]:
    verdicts = {}
    for event in events:
        try:
            applied = bookings.apply_calendly(session, tenant_id, event.payload, now)
        except ProviderRejectedError as error:
            verdicts[event.id] = Verdict("failed", error.detail)
            continue
        if applied.change is Change.NOTHING:
            verdicts[event.id] = Verdict("ignored", "It changes no meeting.")
    return verdicts


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
