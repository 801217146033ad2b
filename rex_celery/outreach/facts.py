"""Facts about deliveries, whoever tells them: kept once, applied in any order, and what follows for the person."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import bus
from rex_celery.compliance import stops, suppression
from rex_celery.compliance.suppression import Person, Stop
from rex_celery.events import MessageChanged
from rex_celery.integrations import smtp_replies
from rex_celery.integrations.base import ProviderEvent
from rex_celery.outreach import fact_rows, failing, finding, lattice, pace, progress, receipts
from rex_celery.outreach.lattice import SENT
from rex_celery.vocabulary import Channel

# Facts that stop the person, with the reason they are suppressed for.
_STOPS = {
    "bounced": "suppressed_bounce",
    "complained": "suppressed_complaint",
    "unsubscribed": "suppressed_unsubscribed",
}
_REASONS = {"bounced": "bounced_address", "blocked": "bounced_other", "dropped": "dropped_by_provider"}

_LOCK = text("""
SELECT FROM enrolments WHERE id IN (SELECT enrolment_id FROM messages WHERE id = ANY(CAST(:ids AS uuid[])))
ORDER BY id FOR NO KEY UPDATE
""")
_MESSAGES = text("""
SELECT id, mission_id, lead_id, enrolment_id, inbox_id, channel, recipient, recipient_provider, state, reason
FROM messages WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY lead_id, id FOR UPDATE
""")
_APPLY = text("""
UPDATE messages AS m SET state = v.state, reason = coalesce(v.reason, CASE WHEN v.state = m.state THEN m.reason END),
  sent_at = CASE WHEN message_rank(v.state) IS NOT NULL THEN coalesce(m.sent_at, v.at) ELSE m.sent_at END,
  delivered_at = coalesce(m.delivered_at, v.delivered_at), human_click_at = coalesce(m.human_click_at, v.clicked_at),
  wait_reason = NULL
FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:reasons AS text[]), CAST(:ats AS timestamptz[]),
            CAST(:delivered AS timestamptz[]), CAST(:clicked AS timestamptz[]))
  AS v(id, state, reason, at, delivered_at, clicked_at)
WHERE m.id = v.id
""")


@dataclass(frozen=True, slots=True)
class Stored:
    """``unmatched``: facts that name no message of this tenant."""

    new: int
    duplicates: int
    unmatched: tuple[ProviderEvent, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A message, and what the new facts make of it."""

    row: Row[Any]
    facts: tuple[ProviderEvent, ...]

    @property
    def state(self) -> str:
        """Its state from now on."""
        return lattice.after(self.row.state, [fact.kind for fact in self.facts])

    def reason(self) -> str | None:
        """Why, where its new state needs one."""
        if self.state == self.row.state or self.state not in {"bounced", "failed"}:
            return None
        kinds = [fact for fact in self.facts if lattice.state_of(fact.kind) == self.state]
        return next((known for fact in kinds if (known := _reason(fact))), "provider_rejected")

    def first(self, *kinds: str, evidence: str | None = None) -> datetime | None:
        """When the first fact of these kinds was."""
        times = (f.at for f in self.facts if f.kind in kinds and (evidence is None or f.evidence == evidence))
        return min(times, default=None)


def store(session: Session, tenant_id: UUID, events: Sequence[ProviderEvent], now: datetime) -> Stored:
    """Keep facts and apply those that were not known yet; the same ones again, in any order, change nothing."""
    found, unmatched = finding.messages_of(session, events)
    named = [replace(event, message_id=found[place]) for place, event in enumerate(events) if place in found]
    # The message's enrolment before anything else, so that a fact and a send stand in one order.
    session.execute(_LOCK, {"ids": sorted(set(found.values()))})
    fresh = fact_rows.store(session, tenant_id, None, _once(named))
    new = [event for event in _once(named) if (event.provider, event.event_id) in fresh]
    if new:
        _apply(session, tenant_id, new, now)
    return Stored(len(new), len(named) - len(new), tuple(events[place] for place in unmatched))


def _once(events: Sequence[ProviderEvent]) -> list[ProviderEvent]:
    return list({(event.provider, event.event_id): event for event in events}.values())


def _apply(session: Session, tenant_id: UUID, events: Sequence[ProviderEvent], now: datetime) -> None:
    by_message: dict[UUID, list[ProviderEvent]] = defaultdict(list)
    for event in events:
        if event.message_id:
            by_message[event.message_id].append(event)
    rows = session.execute(_MESSAGES, {"ids": sorted(by_message)}).all()
    changes = [Change(row, tuple(by_message[row.id])) for row in rows]
    moved = [one for one in changes if one.state != one.row.state]
    failed = [one for one in moved if one.state == "failed"]
    _write(session, changes)
    receipts.tell(session, tenant_id, [one.row for one in moved if _left_now(one)], {})
    _tell(session, tenant_id, moved)
    _slow_down(session, tenant_id, changes, now)
    _stop(session, tenant_id, changes)
    failing.after(session, tenant_id, [one.row.id for one in failed], now)
    stops.end_late(session, [one.row.id for one in failed])
    going = {one.row.enrolment_id for one in changes if one.row.enrolment_id and one not in failed}
    progress.schedule_next(session, tenant_id, going, now)


def _left_now(change: Change) -> bool:
    return change.state in SENT and change.row.state not in SENT


def _write(session: Session, changes: Sequence[Change]) -> None:
    session.execute(
        _APPLY,
        {
            "ids": [one.row.id for one in changes],
            "states": [one.state for one in changes],
            "reasons": [one.reason() for one in changes],
            "ats": [min(fact.at for fact in one.facts) for one in changes],
            "delivered": [one.first("delivered", "opened", "clicked", "unsubscribed") for one in changes],
            "clicked": [one.first("clicked", evidence="human") for one in changes],
        },
    )


def _tell(session: Session, tenant_id: UUID, moved: Sequence[Change]) -> None:
    counts = Counter((one.row.mission_id, one.state, one.row.channel) for one in moved)
    told = [
        MessageChanged(mission, state, count, channel) for (mission, state, channel), count in sorted(counts.items())
    ]
    if told:
        bus.publish(session, tenant_id, *told)


def _slow_down(session: Session, tenant_id: UUID, changes: Sequence[Change], now: datetime) -> None:
    """Receiving servers that defer or block us are written to more slowly."""
    slow = {
        (one.row.inbox_id, one.row.recipient_provider)
        for one in changes
        if one.row.inbox_id and one.row.recipient_provider and any(map(_asks_for_less, one.facts))
    }
    for inbox_id, provider in sorted(slow):
        pace.deferred(session, tenant_id, inbox_id, provider, now)


def _asks_for_less(fact: ProviderEvent) -> bool:
    return fact.kind in {"deferred", "blocked"} and not smtp_replies.is_full_mailbox(fact.code)


def _stop(session: Session, tenant_id: UUID, changes: Sequence[Change]) -> None:
    for one in changes:
        for fact in one.facts:
            reason = _STOPS.get(fact.kind)
            if reason:
                evidence = {"message_id": str(one.row.id), "provider": fact.provider, "event_id": fact.event_id}
                person, scope = _whom(one.row, fact)
                suppression.suppress(session, tenant_id, person, Stop(reason, fact.source, evidence, scope))


def _whom(row: Row[Any], fact: ProviderEvent) -> tuple[Person, str]:
    """Whom a fact stops, and where: a number that nobody has is not texted again, which says nothing about mail."""
    if row.channel == Channel.SMS and fact.kind == "bounced":
        return Person(phone=row.recipient), Channel.SMS
    return Person(row.lead_id, row.recipient if row.channel == Channel.EMAIL else None), suppression.EVERYWHERE


def _reason(fact: ProviderEvent) -> str | None:
    known = _REASONS.get(fact.kind)
    return known or (fact.classification if fact.kind == "failed" and fact.classification else None)
