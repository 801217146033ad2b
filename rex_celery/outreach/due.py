"""Claiming what is due: every reason not to send is looked at again, in the transaction that claims."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.outreach import breaker, gaps, looking
from rex_celery.outreach.looking import Claimed, Due, Inbox, Look, Wait

_INBOX = text("""
SELECT i.id, i.tenant_id, i.channel, i.provider, i.connection_id, i.address, i.name, i.domain, i.per_day, i.per_hour,
  i.gap_seconds, i.jitter_seconds, i.next_free_at > :now IS TRUE AS rests
FROM inboxes AS i JOIN tenants AS t ON t.id = i.tenant_id
WHERE i.id = :inbox AND i.state = 'active' AND t.sending_stopped_at IS NULL
FOR NO KEY UPDATE OF i SKIP LOCKED
""")
_COLUMNS = """m.id, m.lead_id, m.mission_id, m.chunk_no, m.enrolment_id, m.position, m.step_key, m.channel, m.recipient,
  m.subject, m.body, m.framework, m.recipient_provider, m.attempts + 1 AS attempts, m.in_reply_to, m.run_after,
  l.timezone, l.timezone_source, l.country, l.region, l.phone"""
# The first of each mission, so that nothing is sorted that is not sent: a hundred thousand may be due. Then the
# enrolment is locked first: a reply that is being stored is waited for, and one that comes later waits for us.
# "IS TRUE" keeps the planner from the index of the active, which with old statistics it would read whole for each row.
_DUE = text(f"""
WITH found AS MATERIALIZED (
  SELECT d.id, s.priority FROM missions AS s LEFT JOIN campaigns AS c ON c.id = s.campaign_id
  CROSS JOIN LATERAL (
    SELECT m.id, m.run_after FROM messages AS m JOIN enrolments AS e ON e.id = m.enrolment_id
    WHERE m.inbox_id = :inbox AND m.mission_id = s.id AND m.state = 'planned' AND m.run_after <= :now
      AND m.wait_reason IS DISTINCT FROM 'waiting_approval' AND m.enrolment_id IS NOT NULL
      AND (e.state = 'active') IS TRUE AND (e.resume_at IS NULL OR e.resume_at <= :now)
    ORDER BY m.run_after LIMIT :most) AS d
  WHERE s.paused_at IS NULL AND s.state IN ('executing', 'collecting') AND c.paused_at IS NULL
  ORDER BY s.priority DESC, d.run_after, d.id LIMIT :most)
SELECT {_COLUMNS}, e.campaign_id, e.sequence_id, e.version, e.sent
FROM found AS f JOIN messages AS m ON m.id = f.id
JOIN enrolments AS e ON e.id = m.enrolment_id JOIN leads AS l ON l.id = m.lead_id
WHERE (e.state = 'active') IS TRUE ORDER BY f.priority DESC, m.run_after, m.id FOR NO KEY UPDATE OF e SKIP LOCKED
""")
# What a person wrote and sent waits for no gap and no cap: nothing but a stop of that person holds it.
_ANSWERS = text(f"""
SELECT {_COLUMNS}, CAST(NULL AS uuid) AS campaign_id, CAST(NULL AS uuid) AS sequence_id, 0 AS version, 1 AS sent
FROM messages AS m JOIN leads AS l ON l.id = m.lead_id
WHERE m.inbox_id = :inbox AND m.state = 'planned' AND m.run_after <= :now AND m.enrolment_id IS NULL
  AND m.step_key LIKE 'answer:%' AND m.approved_at IS NOT NULL
ORDER BY m.run_after, m.id LIMIT :most FOR UPDATE OF m SKIP LOCKED
""")
# A row that was read before its enrolment was locked may be old news.
_STILL = text("""
SELECT id FROM messages WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'planned' AND run_after <= :now
  AND wait_reason IS DISTINCT FROM 'waiting_approval' ORDER BY lead_id, id FOR UPDATE
""")
_STILL_ACTIVE = text("SELECT id FROM enrolments WHERE id = ANY(CAST(:ids AS uuid[])) AND (state = 'active') IS TRUE")
_CLAIM = text("""
UPDATE messages SET state = 'claimed', claimed_at = :now, attempts = attempts + 1, provider = :provider,
  wait_reason = NULL
WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'planned'
""")
_WAIT = text("""
UPDATE messages AS m SET run_after = v.until, wait_reason = v.reason
FROM unnest(CAST(:ids AS uuid[]), CAST(:untils AS timestamptz[]), CAST(:reasons AS text[])) AS v(id, until, reason)
WHERE m.id = v.id AND m.state = 'planned'
""")
_REST = text("UPDATE inboxes SET next_free_at = greatest(next_free_at, :until) WHERE id = :inbox")


@dataclass(frozen=True, slots=True)
class Taken:
    """What one claim came to; ``more`` when it is worth asking again at once."""

    inbox: Inbox | None
    claimed: tuple[Claimed, ...] = ()
    more: bool = False


def claim(session: Session, tenant_id: UUID, inbox_id: UUID, now: datetime, most: int) -> Taken:
    """Claim up to ``most`` due messages of an inbox, and say of the others why they wait or never go."""
    inbox = session.execute(_INBOX, {"inbox": inbox_id, "now": now}).one_or_none()
    rows = _due(session, inbox, now, most) if inbox else []
    if inbox is None or not rows:
        return Taken(None)
    if not breaker.may_try(session, inbox_id, now):
        until = breaker.resting_until(session, inbox_id)
        session.execute(_REST, {"inbox": inbox_id, "until": until})
        _store(session, [Wait(row.id, until, "waiting_breaker") for row in rows if until and looking.is_answer(row)])
        return Taken(None)
    looked = Look(session, tenant_id, inbox, now)
    free = looked.free_to_go(rows)
    allowed = 1 if breaker.is_probe(session, inbox_id) else gaps.allowance(inbox, looked.policy(None), most)
    chosen = looked.within_caps(free[:allowed])
    _store(session, looked.waits)
    if chosen:
        ids = [one.id for one in chosen]
        session.execute(_CLAIM, {"ids": ids, "now": now, "provider": inbox.provider})
    rest = looked.rest or gaps.next_free(inbox, looked.policy(None), [one.id for one in chosen], now)
    if rest:
        session.execute(_REST, {"inbox": inbox_id, "until": rest})
    return Taken(inbox, tuple(chosen), more=len(rows) >= most and not rest)


def _due(session: Session, inbox: Inbox, now: datetime, most: int) -> list[Due]:
    given = {"inbox": inbox.id, "now": now, "most": most}
    answers = list(session.execute(_ANSWERS, given))
    rows = [] if inbox.rests else list(session.execute(_DUE, given))
    if not rows:
        return answers
    active = set(session.scalars(_STILL_ACTIVE, {"ids": [row.enrolment_id for row in rows]}))
    still = set(session.scalars(_STILL, {"ids": [row.id for row in rows], "now": now}))
    return answers + [row for row in rows if row.id in still and row.enrolment_id in active]


def _store(session: Session, waits: Sequence[Wait]) -> None:
    if waits:
        columns = {
            "ids": [one.id for one in waits],
            "untils": [one.until for one in waits],
            "reasons": [one.reason for one in waits],
        }
        session.execute(_WAIT, columns)
