"""The send ledger: a message is claimed and committed before it leaves, and its result recorded after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import bus
from rex_celery.compliance import suppression
from rex_celery.events import MessagesSent
from rex_celery.work import WorkRef

# Claimed without a result for this long, with nobody at work on it: the sender died in the middle of the call.
ABANDONED_SECONDS = 120
# What a person is taken to have got when a provider's answer was lost: cold mail is never sent again on a guess.
ASSUMED = "unknown_result_assumed_sent"

_GATE = text("""
SELECT m.epoch = :epoch AND m.paused_at IS NULL AND m.state = 'executing' AND t.sending_stopped_at IS NULL
FROM missions AS m JOIN tenants AS t ON t.id = m.tenant_id WHERE m.id = :mission
""")
# Materialised: a subquery with a limit may be run again for every row it is joined to, and lock other rows each time.
_CLAIM = text("""
WITH due AS MATERIALIZED (
  SELECT s.id FROM messages AS s
  JOIN outcomes AS o ON o.mission_id = s.mission_id AND o.lead_id = s.lead_id AND o.state = 'pending'
  WHERE s.mission_id = :mission AND s.chunk_no = :chunk AND s.state = 'planned'
    AND s.channel = ANY(CAST(:channels AS text[]))
  ORDER BY s.attempts, s.lead_id LIMIT :most FOR UPDATE OF s)
UPDATE messages AS m SET state = 'claimed', claimed_at = now(), attempts = m.attempts + 1, provider = :provider
FROM due WHERE m.id = due.id
RETURNING m.id, m.lead_id, m.channel, m.recipient, m.subject, m.body, m.attempts
""")
_LEFT = text("""
SELECT EXISTS (SELECT FROM messages AS s
  JOIN outcomes AS o ON o.mission_id = s.mission_id AND o.lead_id = s.lead_id AND o.state = 'pending'
  WHERE s.mission_id = :mission AND s.chunk_no = :chunk AND s.state = 'planned'
    AND s.channel = ANY(CAST(:channels AS text[])))
""")
_STOPPED = "unnest(CAST(:leads AS uuid[]), CAST(:reasons AS text[])) AS s(lead_id, reason)"
_HOLD_MESSAGES = text(f"""
UPDATE messages AS m SET state = 'suppressed', reason = s.reason FROM {_STOPPED}
WHERE m.mission_id = :mission AND m.lead_id = s.lead_id AND m.state IN ('planned', 'claimed')
""")
_HOLD_LEADS = text(f"""
UPDATE outcomes AS o SET state = 'suppressed', reason = s.reason FROM {_STOPPED}
WHERE o.mission_id = :mission AND o.lead_id = s.lead_id AND o.state = 'pending'
""")
_UNCLAIM = text(
    "UPDATE messages SET state = 'planned', claimed_at = NULL"
    " WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'claimed'"
)
# The number of attempts is the claim's token: a sender that was taken over changes nothing any more.
_RESULT = text("""
UPDATE messages AS m SET state = v.state, reason = v.reason, provider_id = v.provider_id,
  sent_at = CASE WHEN v.state IN ('accepted', 'unknown') THEN now() END
FROM unnest(CAST(:ids AS uuid[]), CAST(:attempts AS int[]), CAST(:states AS text[]), CAST(:reasons AS text[]),
            CAST(:provider_ids AS text[])) AS v(id, attempts, state, reason, provider_id)
WHERE m.id = v.id AND m.attempts = v.attempts AND m.state IN ('claimed', 'unknown')
RETURNING m.id, m.lead_id, m.channel, m.state, m.reason
""")
# The late answer of a sender that was thought dead takes the place of what was assumed.
_OUTCOMES = text(f"""
UPDATE outcomes AS o SET state = v.state, reason = v.reason
FROM unnest(CAST(:leads AS uuid[]), CAST(:states AS text[]), CAST(:reasons AS text[])) AS v(lead_id, state, reason)
WHERE o.mission_id = :mission AND o.lead_id = v.lead_id
  AND (o.state = 'pending' OR (o.state = 'sent' AND o.reason = '{ASSUMED}'))
""")
_HISTORY = text("""
INSERT INTO lead_history (tenant_id, mission_id, lead_id, agent, state, reason)
SELECT :tenant, :mission, v.lead_id, 'outreach', v.state, v.reason
FROM unnest(CAST(:leads AS uuid[]), CAST(:states AS text[]), CAST(:reasons AS text[])) AS v(lead_id, state, reason)
""")
_ABANDONED = text("""
SELECT m.id, m.lead_id, m.attempts FROM messages AS m
WHERE m.mission_id = :mission AND m.state = 'claimed' AND (CAST(:chunk AS int) IS NULL OR m.chunk_no = :chunk)
  AND (CAST(:chunk AS int) IS NOT NULL OR m.claimed_at < now() - make_interval(secs => :patience))
ORDER BY m.lead_id FOR UPDATE OF m
""")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to send, once."""

    id: UUID
    lead_id: UUID
    channel: str
    recipient: str
    subject: str
    body: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Result:
    """What a provider made of a claimed message: ``accepted``, ``failed`` with a reason code, or ``unknown``."""

    message: Claimed
    state: str
    reason: str | None = None
    provider_id: str | None = None


def is_open(session: Session, ref: WorkRef) -> bool:
    """Whether this mission may send at this moment: not paused, not cancelled, no emergency stop."""
    return bool(session.execute(_GATE, {"mission": ref.mission_id, "epoch": ref.epoch}).scalar())


def may_leave(session: Session, ref: WorkRef, message: Claimed) -> bool:
    """Whether a claimed message may still be handed over: no stop of any kind was stored since it was claimed."""
    return is_open(session, ref) and not suppression.suppressed_among(session, [message.lead_id])


def claim(session: Session, ref: WorkRef, provider: str, channels: Sequence[str], most: int) -> list[Claimed] | None:
    """Take up to ``most`` messages of a chunk; whoever was suppressed meanwhile is held back in the same transaction.

    None means that the mission may not send now. An empty list means that nothing is left to send.
    """
    if not is_open(session, ref):
        return None
    values = {"mission": ref.mission_id, "chunk": ref.chunk_no, "provider": provider, "channels": list(channels)}
    while True:
        # Whoever holds a lock on one of these rows is waited for: a row passed over would never be looked at again.
        rows = session.execute(_CLAIM, {**values, "most": most}).all()
        stopped = suppression.suppressed_among(session, [row.lead_id for row in rows]) if rows else {}
        if stopped:
            hold_back(session, ref, stopped)
        kept = [Claimed(*row) for row in rows if row.lead_id not in stopped]
        if kept or not session.execute(_LEFT, values).scalar():
            return kept


def hold_back(session: Session, ref: WorkRef, stopped: Mapping[UUID, str]) -> None:
    """Take back the messages to people who must not be written to, each with its reason code."""
    held = {"mission": ref.mission_id, "leads": list(stopped), "reasons": list(stopped.values())}
    session.execute(_HOLD_MESSAGES, held)
    session.execute(_HOLD_LEADS, held)


def unclaim(session: Session, messages: Sequence[Claimed]) -> None:
    """Give messages back that surely did not leave."""
    session.execute(_UNCLAIM, {"ids": [message.id for message in messages]})


def settle_claimed(session: Session, mission_id: UUID, chunk_no: int | None = None) -> None:
    """Settle messages whose sender died between claim and result.

    Nobody knows whether a provider took them, so they count as sent. With ``chunk_no`` the caller holds that chunk's
    lease, so every claim in it is abandoned.
    """
    values = {"mission": mission_id, "chunk": chunk_no, "patience": ABANDONED_SECONDS}
    rows = session.execute(_ABANDONED, values).all()
    if not rows:
        return
    assumed = {"reasons": [ASSUMED for _ in rows]}
    ids = {"ids": [row.id for row in rows], "attempts": [row.attempts for row in rows]}
    states, unnamed = ["unknown" for _ in rows], [None for _ in rows]
    session.execute(_RESULT, {**assumed, **ids, "states": states, "provider_ids": unnamed})
    leads = {"mission": mission_id, "leads": [row.lead_id for row in rows]}
    session.execute(_OUTCOMES, {**assumed, **leads, "states": ["sent" for _ in rows]})


def record(session: Session, ref: WorkRef, results: Sequence[Result]) -> None:
    """Store what a provider answered."""
    rows = session.execute(
        _RESULT,
        {
            "ids": [one.message.id for one in results],
            "attempts": [one.message.attempts for one in results],
            "states": [one.state for one in results],
            "reasons": [one.reason for one in results],
            "provider_ids": [one.provider_id for one in results],
        },
    ).all()
    if not rows:
        return
    leads = {
        "tenant": ref.tenant_id,
        "mission": ref.mission_id,
        "leads": [row.lead_id for row in rows],
        "states": ["failed" if row.state == "failed" else "sent" for row in rows],
        "reasons": [row.reason for row in rows],
    }
    session.execute(_OUTCOMES, leads)
    session.execute(_HISTORY, leads)
    for channel in sorted({row.channel for row in rows}):
        count = sum(row.channel == channel and row.state != "failed" for row in rows)
        if count:
            bus.publish(session, ref.tenant_id, MessagesSent(ref.mission_id, count, channel))
