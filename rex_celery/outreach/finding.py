"""Which of our messages a fact is about: by the id we gave, the provider's own, the Message-ID, or address and time."""

import re
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.integrations.base import ProviderEvent

# A bounce may come days later, yet a fact without any id is about what was sent to the address not long before.
LOOK_BACK = timedelta(days=5)

_KNOWN = text("SELECT id FROM messages WHERE id = ANY(CAST(:ids AS uuid[]))")
_BY_PROVIDER_ID = text("""
SELECT provider_id, id FROM messages
WHERE tenant_id = NULLIF(current_setting('rex.tenant', true), '')::uuid AND provider_id = ANY(CAST(:ids AS text[]))
  AND provider_id IS NOT NULL AND provider <> 'outbox'
""")
_BY_ADDRESS = text("""
SELECT m.id FROM leads AS l JOIN messages AS m ON m.lead_id = l.id
WHERE l.email = :address AND m.channel = 'email' AND m.sent_at BETWEEN :since AND :at
ORDER BY m.sent_at DESC LIMIT 1
""")
_OURS = re.compile(r"<?([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})@")


def messages_of(session: Session, events: Sequence[ProviderEvent]) -> tuple[dict[int, UUID], list[int]]:
    """The message of each event by the event's place in the list, and the places of those that have none."""
    named = {
        place: id_ for place, event in enumerate(events) if (id_ := event.message_id or our_id(event.rfc_message_id))
    }
    known = set(session.scalars(_KNOWN, {"ids": sorted(set(named.values()))})) if named else set()
    found = {place: id_ for place, id_ in named.items() if id_ in known}
    found |= _by_provider_id(session, {p: e for p, e in enumerate(events) if p not in found and e.provider_message_id})
    for place, event in enumerate(events):
        if place not in found and event.recipient and not event.message_id:
            values = {"address": event.recipient.lower(), "since": event.at - LOOK_BACK, "at": event.at}
            message_id = session.execute(_BY_ADDRESS, values).scalar()
            if message_id:
                found[place] = message_id
    return found, [place for place in range(len(events)) if place not in found]


def our_id(rfc_message_id: str) -> UUID | None:
    """The ledger's id in a Message-ID of ours."""
    match = _OURS.match(rfc_message_id.strip().lower())
    return UUID(match[1]) if match else None


def _by_provider_id(session: Session, events: dict[int, ProviderEvent]) -> dict[int, UUID]:
    ids = sorted({event.provider_message_id for event in events.values()})
    if not ids:
        return {}
    known = {row.provider_id: row.id for row in session.execute(_BY_PROVIDER_ID, {"ids": ids})}
    return {
        place: known[event.provider_message_id] for place, event in events.items() if event.provider_message_id in known
    }
