"""What each kind of event does when it is applied, the most urgent first: people before delivery reports."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

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


# Tells about those events that were not simply applied.
Apply = Callable[[Session, UUID, Sequence[Event], datetime], Mapping[int, Verdict]]


@dataclass(frozen=True, slots=True)
class Kind:
    """How events of one kind are applied, and how many in one transaction."""

    apply: Apply
    most: int = 1


def _facts(read: Callable[[dict[str, Any]], Iterable[ProviderEvent]]) -> Apply:
    def apply(session: Session, tenant_id: UUID, events: Sequence[Event], now: datetime) -> dict[int, Verdict]:
        told = {event.id: tuple(read(event.payload)) for event in events}
        stored = _part("outreach.facts").store(
            session, tenant_id, [fact for found in told.values() for fact in found], now
        )
        unmatched = {(fact.provider, fact.event_id) for fact in stored.unmatched}
        return {id_: verdict for id_, found in told.items() if (verdict := _of(found, unmatched))}

    return apply


def _of(found: Sequence[ProviderEvent], unmatched: set[tuple[str, str]]) -> Verdict | None:
    if not found:
        return Verdict("ignored", "It says nothing about a message.")
    if all((fact.provider, fact.event_id) in unmatched for fact in found):
        return Verdict("unmatched", "It names no message of this tenant.")
    return None


def _mail(session: Session, tenant_id: UUID, events: Sequence[Event], now: datetime) -> dict[int, Verdict]:
    for event in events:
        _part("outreach.replies").receive_raw(session, tenant_id, event.raw or b"", now, event.id)
    return {}


def _text(session: Session, tenant_id: UUID, events: Sequence[Event], now: datetime) -> dict[int, Verdict]:
    for event in events:
        _part("outreach.replies").receive_text(
            session, tenant_id, _part("integrations.twilio").read_text(event.payload, event.received_at), now, event.id
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
        "twilio.status": Kind(_facts(lambda payload: _part("integrations.twilio").read_events([payload])), MOST),
        "sendgrid.event": Kind(_facts(lambda payload: _part("integrations.sendgrid").read_events([payload])), MOST),
    }
)
"""By kind, in the order in which they are applied."""
