"""Applying what came in: people before delivery reports, each event once, and no bad one before a good."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from time import monotonic
from typing import TypeVar
from uuid import UUID

from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.outreach import incoming_rows, kinds
from rex_celery.outreach.incoming_rows import Event, Verdict
from rex_celery.webhooks import receive
from rex_celery.work import Failure

Made = TypeVar("Made")
# Does a piece of work and answers a Failure instead of raising; workers hand in one that stops at nothing.
Guard = Callable[[Callable[[Sequence[Event]], Made], Sequence[Event]], Made | Failure]

# A round ends then, so that the engine's other tasks have their turn too; what is left begins the next one.
ROUND_SECONDS = 5
# Two rounds side by side: a long mail in one does not hold up the other. More would only wait for the same rows.
LANES = 2
MOST_TRIES = 5
# Delivery events may come before the answer to the call that sent the message: they are looked at again.
LOOKS = 3
_TENANTS = text("""
SELECT t.id FROM tenants AS t WHERE EXISTS (
  SELECT FROM inbound_events AS e WHERE e.tenant_id = t.id AND e.state = 'pending'
    AND (e.run_after IS NULL OR e.run_after <= :now))
""")
_LANE = text("SELECT pg_try_advisory_xact_lock(hashtextextended('rex receive', :lane))")


def unguarded(work: Callable[[Sequence[Event]], Made], events: Sequence[Event]) -> Made | Failure:
    """Let errors through, as tests and the simulator want them."""
    return work(events)


def run_round(guard: Guard[dict[int, Verdict]] = unguarded) -> int:
    """Apply what waits, for some seconds at most; gives how many events were dealt with. Safe side by side."""
    receive.begin()
    with ExitStack() as lane:
        if not _in_a_lane(lane):
            return 0
        done, ends = 0, monotonic() + ROUND_SECONDS
        while dealt := sum(_turn(tenant_id, guard) for tenant_id in _tenants()):
            done += dealt
            if monotonic() > ends:
                receive.wake()
                break
    return done


def _in_a_lane(lane: ExitStack) -> bool:
    """Whether there was a free lane; it is held by a transaction, so a process that dies leaves it free."""
    session = lane.enter_context(db.control())
    return any(session.execute(_LANE, {"lane": number}).scalar() for number in range(LANES))


def _tenants() -> list[UUID]:
    with db.control() as session:
        return list(session.scalars(_TENANTS, {"now": clock.now()}))


def _turn(tenant_id: UUID, guard: Guard[dict[int, Verdict]]) -> int:
    """One tenant's most urgent kind: the new events together, those that were tried before one by one."""
    with db.transaction(tenant_id) as session:
        events = incoming_rows.claim(session, tenant_id, kinds.APPLY, clock.now())
    fresh = [event for event in events if event.attempts == 1]
    groups = [[event] for event in events if event.attempts > 1]
    if fresh:
        most = kinds.APPLY[fresh[0].kind].most
        groups = [fresh[start : start + most] for start in range(0, len(fresh), most)] + groups
    for group in groups:
        _carry_out(tenant_id, group, guard)
    return len(events)


def _carry_out(tenant_id: UUID, events: Sequence[Event], guard: Guard[dict[int, Verdict]]) -> None:
    def work(those: Sequence[Event]) -> dict[int, Verdict]:
        return _apply(tenant_id, those)

    outcome = guard(work, events)
    if not isinstance(outcome, Failure):
        return
    if len(events) > 1:
        for event in events:
            _carry_out(tenant_id, [event], guard)
        return
    with db.transaction(tenant_id) as session:
        verdict = _after_failure(events[0], outcome.error, clock.now())
        incoming_rows.mark(session, events, {events[0].id: verdict}, clock.now())


def _apply(tenant_id: UUID, events: Sequence[Event]) -> dict[int, Verdict]:
    now = clock.now()
    with db.transaction(tenant_id) as session:
        mine = incoming_rows.lock(session, events)
        verdicts = kinds.APPLY[events[0].kind].apply(session, tenant_id, mine, now) if mine else {}
        found = {event.id: _final(event, verdicts.get(event.id, Verdict()), now) for event in mine}
        incoming_rows.mark(session, mine, found, now)
        return found


def _final(event: Event, verdict: Verdict, now: datetime) -> Verdict:
    """What names no message of ours yet is looked at again after 5 and 30 seconds; then people may look at it."""
    if verdict.state != "unmatched" or event.attempts >= LOOKS:
        return verdict
    return Verdict("pending", verdict.note, now + timedelta(seconds=5 * 6 ** (event.attempts - 1)))


def _after_failure(event: Event, error: str, now: datetime) -> Verdict:
    """Again after 4, 16, 64 and 256 seconds; then it is kept as failed."""
    if event.attempts >= MOST_TRIES:
        return Verdict("failed", error)
    return Verdict("pending", error, now + timedelta(seconds=4**event.attempts))
