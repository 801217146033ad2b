"""Recording what providers answered: states, outcomes, caps, and what follows for each person."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import bus
from rex_celery.compliance import stops, suppression
from rex_celery.events import MessagesSent
from rex_celery.integrations import smtp_replies
from rex_celery.integrations.base import Delivery, ProviderEvent, Receipt
from rex_celery.outreach import caps, fact_rows, failing, gaps, pace, policies, progress
from rex_celery.outreach.ledger import ASSUMED
from rex_celery.outreach.looking import Claimed, Inbox

# What a provider does not want now is offered again after so long, then it has failed.
AGAIN = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 120, 240, 480))
# After these a message may have reached somebody.
LEFT = (Delivery.ACCEPTED, Delivery.UNKNOWN)
# Reasons of a rejection that stop the person, with the reason they are suppressed for.
_STOPS = {"invalid_mailbox": "suppressed_bounce", "suppressed_opt_out": "suppressed_opt_out"}

_WAKE = text("UPDATE inboxes SET next_free_at = :until WHERE id = :inbox AND next_free_at > :until")
_LOCK = text("SELECT FROM enrolments WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE")
# Not locked: their enrolments come first, and what follows looks at the states again.
_STATES = text("SELECT id, state FROM messages WHERE id = ANY(CAST(:ids AS uuid[]))")
# Word of the delivery may have come before the provider's own answer: then only what the answer adds is stored.
_LEFT = text("""
UPDATE messages AS m SET sent_at = coalesce(m.sent_at, :now), provider_id = coalesce(v.provider_id, m.provider_id),
  segments = coalesce(v.segments, m.segments),
  state = CASE WHEN m.state = 'submitted' OR (m.state = 'unknown' AND v.state = 'accepted') THEN v.state
               ELSE m.state END,
  reason = CASE WHEN v.state = 'accepted' THEN NULL WHEN m.state = 'submitted' THEN v.reason ELSE m.reason END
FROM unnest(CAST(:ids AS uuid[]), CAST(:attempts AS int[]), CAST(:states AS text[]), CAST(:reasons AS text[]),
            CAST(:provider_ids AS text[]), CAST(:segments AS int[]))
  AS v(id, attempts, state, reason, provider_id, segments)
WHERE m.id = v.id AND m.attempts = v.attempts AND (m.state = 'submitted' OR message_rank(m.state) IS NOT NULL)
RETURNING m.id, m.mission_id, m.lead_id, m.channel, m.enrolment_id
""")
OUTCOMES = text("""
UPDATE outcomes AS o SET state = 'sent', reason = v.reason
FROM (SELECT DISTINCT ON (lead_id, mission_id) mission_id, lead_id, reason
      FROM unnest(CAST(:missions AS uuid[]), CAST(:leads AS uuid[]), CAST(:reasons AS text[]))
        AS u(mission_id, lead_id, reason) ORDER BY lead_id, mission_id) AS v
WHERE o.mission_id = v.mission_id AND o.lead_id = v.lead_id AND o.state = 'pending'
""")
_HISTORY = text("""
INSERT INTO lead_history (tenant_id, mission_id, lead_id, agent, state, reason)
SELECT :tenant, v.mission_id, v.lead_id, 'outreach', 'sent', v.reason
FROM unnest(CAST(:missions AS uuid[]), CAST(:leads AS uuid[]), CAST(:reasons AS text[]))
  AS v(mission_id, lead_id, reason)
""")
_BACK = text("""
UPDATE messages AS m SET state = 'planned', claimed_at = NULL, submitted_at = NULL, run_after = v.at,
  wait_reason = v.reason
FROM unnest(CAST(:ids AS uuid[]), CAST(:attempts AS int[]), CAST(:ats AS timestamptz[]), CAST(:reasons AS text[]))
  AS v(id, attempts, at, reason)
WHERE m.id = v.id AND m.attempts = v.attempts AND m.state IN ('claimed', 'submitted')
""")


@dataclass(frozen=True, slots=True)
class Answered:
    """A claimed message and what became of it."""

    message: Claimed
    receipt: Receipt


def record(
    session: Session, tenant_id: UUID, inbox: Inbox, answers: Sequence[Answered], now: datetime
) -> Counter[Delivery]:
    """Store what a provider answered; returns how many of each kind there were."""
    by_kind: dict[Delivery, list[Answered]] = defaultdict(list)
    for answer in answers:
        by_kind[answer.receipt.delivery].append(answer)
    left = [a for kind in LEFT for a in by_kind[kind]]
    others = [a for kind, found in by_kind.items() if kind not in LEFT for a in found]
    if others:
        _wake(session, tenant_id, inbox, now)
    session.execute(_LOCK, {"ids": sorted({a.message.row.enrolment_id for a in answers if a.message.row.enrolment_id})})
    _settle_caps(session, tenant_id, left, others)
    _left(session, tenant_id, inbox, left, now)
    _back(session, [(a, a.message.row.run_after, None) for a in by_kind[Delivery.WITHDRAWN]])
    _deferred(session, tenant_id, inbox, by_kind[Delivery.DEFERRED], now)
    _rejected(session, tenant_id, inbox, by_kind[Delivery.REJECTED], now)
    stops.end_late(session, [a.message.id for a in others])
    going = [a.message.row.enrolment_id for a in left if a.message.row.enrolment_id]
    progress.schedule_next(session, tenant_id, going, now)
    return Counter({kind: len(found) for kind, found in by_kind.items() if found})


def unanswered(session: Session, claimed: Sequence[Claimed], provider: str, unsent: Delivery) -> list[Answered]:
    """Receipts for messages whose call broke off: what was submitted may have left, the rest surely did not.

    ``unsent`` is what the rest gets: withdrawn where all of it waits for the provider, deferred where it is to blame.
    """
    states = {row.id: row.state for row in session.execute(_STATES, {"ids": [one.id for one in claimed]})}
    found = []
    for one in claimed:
        delivery = unsent if states.get(one.id) == "claimed" else Delivery.UNKNOWN
        found.append(Answered(one, Receipt(delivery, provider, id=one.id)))
    return found


def _wake(session: Session, tenant_id: UUID, inbox: Inbox, now: datetime) -> None:
    """Room under the caps comes back, so an inbox that rests until its cap's day is over looks again after a gap."""
    gap = gaps.of(inbox, policies.of(session, tenant_id).caps)
    session.execute(_WAKE, {"inbox": inbox.id, "until": now + timedelta(seconds=sum(gap))})


def _settle_caps(session: Session, tenant_id: UUID, left: list[Answered], others: list[Answered]) -> None:
    for settled, use in ((left, caps.spend), (others, caps.release)):
        for at in sorted({a.message.claimed_at for a in settled}):
            use(session, tenant_id, [a.message.ask for a in settled if a.message.claimed_at == at], at)


def _left(session: Session, tenant_id: UUID, inbox: Inbox, left: list[Answered], now: datetime) -> None:
    if not left:
        return
    rows = session.execute(_LEFT, _columns(left) | {"now": now}).all()
    unsure = {a.message.id for a in left if a.receipt.delivery is Delivery.UNKNOWN}
    tell(session, tenant_id, rows, {row.id: ASSUMED for row in rows if row.id in unsure})
    accepted = [a for a in left if a.receipt.delivery is Delivery.ACCEPTED]
    fact_rows.store(session, tenant_id, inbox.id, [_fact(a, "accepted", now) for a in accepted])
    well = Counter(a.message.row.recipient_provider for a in accepted if a.message.row.recipient_provider)
    pace.went_well(session, inbox.id, dict(well), now)


def tell(session: Session, tenant_id: UUID, rows: Iterable[Row[Any]], reasons: dict[UUID, str]) -> None:
    """Settle the outcomes of people whose messages left, note it in their history, and publish it."""
    known = [row for row in rows if row.enrolment_id]
    if known:
        columns = {
            "missions": [row.mission_id for row in known],
            "leads": [row.lead_id for row in known],
            "reasons": [reasons.get(row.id) for row in known],
        }
        session.execute(OUTCOMES, columns)
        session.execute(_HISTORY, columns | {"tenant": tenant_id})
    counts = Counter((row.mission_id, row.channel) for row in known)
    for (mission, channel), count in sorted(counts.items()):
        bus.publish(session, tenant_id, MessagesSent(mission, count, channel))


def _deferred(session: Session, tenant_id: UUID, inbox: Inbox, answers: list[Answered], now: datetime) -> None:
    again, given_up = [], []
    for answer in answers:
        tries = answer.message.row.attempts
        if tries > len(AGAIN):
            given_up.append(answer.message.id)
            continue
        wait = max(AGAIN[tries - 1], answer.receipt.retry_after or timedelta())
        again.append((answer, now + wait, "waiting_retry"))
        provider = answer.message.row.recipient_provider
        # Only an answer with a code is the reader's server's; without one it is our own way out that is shut.
        if provider and answer.receipt.code and not smtp_replies.is_full_mailbox(answer.receipt.code):
            pace.deferred(session, tenant_id, inbox.id, provider, now, answer.receipt.retry_after)
    _back(session, again)
    if given_up:
        failing.unsendable(session, tenant_id, given_up, "provider_unavailable", now, state="failed")


def _rejected(session: Session, tenant_id: UUID, inbox: Inbox, answers: list[Answered], now: datetime) -> None:
    """A dead address stops the person; any other refusal is this message's own."""
    facts = [_fact(a, "bounced" if a.receipt.reason == "invalid_mailbox" else "failed", now) for a in answers]
    fact_rows.store(session, tenant_id, inbox.id, facts)
    for reason in sorted({a.receipt.reason or "provider_rejected" for a in answers}):
        ids = [a.message.id for a in answers if (a.receipt.reason or "provider_rejected") == reason]
        failing.unsendable(session, tenant_id, ids, reason, now, state="failed")
    for answer in answers:
        stop = _STOPS.get(answer.receipt.reason)
        if stop:
            row = answer.message.row
            person = suppression.Person(row.lead_id, row.recipient if row.channel == "email" else None)
            evidence = {"message_id": str(answer.message.id), "code": answer.receipt.code}
            suppression.suppress(session, tenant_id, person, suppression.Stop(stop, inbox.provider, evidence))


def _back(session: Session, answers: Sequence[tuple[Answered, datetime, str | None]]) -> None:
    if answers:
        session.execute(
            _BACK,
            {
                "ids": [a.message.id for a, _, _ in answers],
                "attempts": [a.message.row.attempts for a, _, _ in answers],
                "ats": [at for _, at, _ in answers],
                "reasons": [reason for _, _, reason in answers],
            },
        )


def _fact(answer: Answered, kind: str, now: datetime) -> ProviderEvent:
    receipt = answer.receipt
    return ProviderEvent(
        provider=receipt.provider,
        event_id=f"{answer.message.id}:{answer.message.row.attempts}:{kind}",
        kind=kind,
        source="api",
        at=now,
        message_id=answer.message.id,
        code=receipt.code,
        classification=receipt.reason,
    )


def _columns(left: list[Answered]) -> dict[str, object]:
    unsure = [a.receipt.delivery is Delivery.UNKNOWN for a in left]
    return {
        "ids": [a.message.id for a in left],
        "attempts": [a.message.row.attempts for a in left],
        "states": ["unknown" if one else "accepted" for one in unsure],
        "reasons": [ASSUMED if one else None for one in unsure],
        "provider_ids": [a.receipt.provider_id or None for a in left],
        "segments": [a.receipt.segments for a in left],
    }
