"""The table of what came in: claimed for a while, held while it is applied, marked with what became of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

# Longer than any batch takes. Who claimed and was heard of no more died: others try then, one event at a time.
LEASE = timedelta(seconds=60)
MOST = 500

# The first kind that has something due, so an answer never waits behind a thousand opened mails.
_CLAIM = text("""
WITH chosen AS (
  SELECT k.kind FROM unnest(CAST(:kinds AS text[])) WITH ORDINALITY AS k(kind, turn)
  WHERE EXISTS (SELECT FROM inbound_events AS e WHERE e.tenant_id = :tenant AND e.kind = k.kind
    AND e.state = 'pending' AND (e.run_after IS NULL OR e.run_after <= :now))
  ORDER BY k.turn LIMIT 1
), due AS MATERIALIZED (
  SELECT id FROM inbound_events
  WHERE tenant_id = :tenant AND kind = (SELECT kind FROM chosen) AND state = 'pending'
    AND (run_after IS NULL OR run_after <= :now)
  ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED)
UPDATE inbound_events AS e SET attempts = e.attempts + 1, run_after = :until FROM due WHERE e.id = due.id
RETURNING e.id, e.kind, e.event_id, e.connection_id, e.payload, e.raw, e.attempts, e.received_at
""")
# The number of attempts is the claim's token: who was taken over finds nothing any more.
_LOCK = text("""
SELECT e.id FROM inbound_events AS e
JOIN unnest(CAST(:ids AS bigint[]), CAST(:attempts AS int[])) AS c(id, attempts) ON c.id = e.id
WHERE e.attempts = c.attempts AND e.state = 'pending' ORDER BY e.id FOR UPDATE OF e
""")
_MARK = text("""
UPDATE inbound_events AS e SET state = v.state, note = nullif(v.note, ''), run_after = v.run_after,
  applied_at = CASE WHEN v.state <> 'pending' THEN CAST(:now AS timestamptz) END
FROM unnest(CAST(:ids AS bigint[]), CAST(:attempts AS int[]), CAST(:states AS text[]), CAST(:notes AS text[]),
            CAST(:afters AS timestamptz[])) AS v(id, attempts, state, note, run_after)
WHERE e.id = v.id AND e.attempts = v.attempts AND e.state = 'pending'
""")


@dataclass(frozen=True, slots=True)
class Event:
    """An event that is ours to apply; ``attempts`` counts this one."""

    id: int
    kind: str
    event_id: str
    connection_id: UUID | None
    payload: dict[str, Any]
    raw: bytes | None
    attempts: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an event: applied, ignored, unmatched or failed; pending with the moment of the next try."""

    state: str = "applied"
    note: str = ""
    run_after: datetime | None = None


def claim(session: Session, tenant_id: UUID, kinds: Iterable[str], now: datetime, most: int = MOST) -> list[Event]:
    """Take the oldest due events of the first of these kinds that has any."""
    values = {"tenant": tenant_id, "kinds": list(kinds), "now": now, "until": now + LEASE, "most": most}
    return sorted((Event(*row) for row in session.execute(_CLAIM, values)), key=lambda event: event.id)


def lock(session: Session, events: Sequence[Event]) -> list[Event]:
    """Those that are still ours, held until this transaction ends."""
    values = {"ids": [event.id for event in events], "attempts": [event.attempts for event in events]}
    held = set(session.scalars(_LOCK, values))
    return [event for event in events if event.id in held]


def mark(session: Session, events: Sequence[Event], verdicts: Mapping[int, Verdict], now: datetime) -> None:
    """Store what became of each of these events."""
    if not events:
        return
    found = [verdicts[event.id] for event in events]
    values = {
        "now": now,
        "ids": [event.id for event in events],
        "attempts": [event.attempts for event in events],
        "states": [one.state for one in found],
        "notes": [one.note for one in found],
        "afters": [one.run_after for one in found],
    }
    session.execute(_MARK, values)
