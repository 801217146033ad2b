"""Explaining a mission: what happened, what is next and when, what blocks it, and whether its numbers add up."""

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.decisions.states import ACTIVE, MissionState
from rex_celery.explain import conservation, inbox_holds, waits
from rex_celery.explain.views import Hold, MissionExplained, SenderState, Tally, Upcoming, hold
from rex_celery.missions import queries, views
from rex_celery.missions.views import MissionDetail

MOST_DAYS = 30

_OUTCOMES = text("""
SELECT state, reason, count(*) AS n FROM outcomes WHERE mission_id = :mission GROUP BY state, reason ORDER BY 3 DESC, 1
""")
_UNSENT = text("""
SELECT state, reason, count(*) AS n FROM messages WHERE mission_id = :mission
  AND state IN ('suppressed', 'skipped', 'failed', 'cancelled') GROUP BY state, reason ORDER BY 3 DESC, 1
""")
_UPCOMING = text("""
SELECT (run_after AT TIME ZONE 'UTC')::date AS day, channel, count(*) AS n FROM messages
WHERE mission_id = :mission AND state = 'planned' AND run_after IS NOT NULL
GROUP BY 1, 2 ORDER BY 1, 2 LIMIT :most
""")
_SENDERS = text(f"""
SELECT i.id, i.tenant_id, i.channel, i.address, i.provider, i.domain, i.per_day, i.per_hour,
  w.waiting, w.sent, w.next_at, {inbox_holds.COLUMNS}
FROM (
  SELECT inbox_id, count(*) FILTER (WHERE message_counts_as(state) = 'pending') AS waiting,
    count(*) FILTER (WHERE message_counts_as(state) = 'sent') AS sent,
    min(run_after) FILTER (WHERE state = 'planned') AS next_at
  FROM messages WHERE mission_id = :mission AND inbox_id IS NOT NULL GROUP BY inbox_id
) AS w JOIN inboxes AS i ON i.id = w.inbox_id {inbox_holds.JOINS} ORDER BY i.channel, i.address
""")
# A proposed answer waits for a person, too, but holds nothing else.
_STOPPED = text("""
SELECT t.sending_stopped_at, c.paused_at AS campaign_paused_at, EXISTS (
  SELECT FROM messages AS w WHERE w.mission_id = m.id AND w.state = 'planned' AND w.wait_reason = 'waiting_approval'
    AND w.enrolment_id IS NOT NULL) AS approving
FROM missions AS m JOIN tenants AS t ON t.id = m.tenant_id LEFT JOIN campaigns AS c ON c.id = m.campaign_id
WHERE m.id = :mission
""")


def explain(session: Session, mission_id: UUID, now: datetime) -> MissionExplained:
    """Why a mission stands where it stands at ``now``; changes nothing.

    Raises:
        NotFoundError: the tenant has no such mission.

    """
    found, mine = queries.get(session, mission_id), {"mission": mission_id}
    waiting = waits.of(session, now, mission_id=mission_id)
    senders = [_sender(session, row, now) for row in session.execute(_SENDERS, mine).all()]
    blocked = _holds(found, session.execute(_STOPPED, mine).one(), senders)
    leads, messages = conservation.of(session, mission_id)
    upcoming = [Upcoming(row.day, row.channel, row.n) for row in session.execute(_UPCOMING, mine | {"most": MOST_DAYS})]
    next_at = min((one.next_at for one in waiting if one.next_at), default=None)
    return MissionExplained(
        mission=found,
        summary=_summary(found, blocked, next_at, now),
        holds=blocked,
        leads=leads,
        messages=messages,
        outcomes=_tallies(session, _OUTCOMES, mission_id),
        unsent=_tallies(session, _UNSENT, mission_id),
        waiting=waiting,
        next_at=next_at,
        upcoming=upcoming,
        senders=senders,
    )


def _tallies(session: Session, query: Any, mission_id: UUID) -> list[Tally]:
    rows = session.execute(query, {"mission": mission_id})
    return [Tally(row.state, row.n, views.why(row.reason)) for row in rows]


def _sender(session: Session, row: Row[Any], now: datetime) -> SenderState:
    held = inbox_holds.of(row, now, inbox_holds.room(session, row.tenant_id, row, now))
    known = (row.id, row.channel, row.address, row.provider, row.inbox_state)
    return SenderState(*known, row.waiting, row.sent, row.next_at, held)


def _holds(found: MissionDetail, stopped: Row[Any], senders: list[SenderState]) -> list[Hold]:
    """What keeps the mission as a whole from going on, the most general first."""
    if found.state in {MissionState.COMPLETED, MissionState.CANCELLED}:
        return []
    codes = [found.reason.code] if found.reason else []
    codes += ["sending_stopped"] if stopped.sending_stopped_at else []
    codes += ["waiting_mission_paused"] if found.paused else []
    codes += ["waiting_slot"] if found.state == MissionState.QUEUED else []
    codes += ["waiting_campaign_paused"] if stopped.campaign_paused_at else []
    codes += ["waiting_approval"] if stopped.approving else []
    return [*map(hold, dict.fromkeys(codes)), *_of_all_senders(senders)]


def _of_all_senders(senders: list[SenderState]) -> list[Hold]:
    """Where every inbox with messages left on a channel is held, so is that channel."""
    by_channel: dict[str, list[SenderState]] = defaultdict(list)
    for one in senders:
        if one.waiting:
            by_channel[one.channel].append(one)
    held = [one.holds[0] for group in by_channel.values() if all(one.holds for one in group) for one in group]
    return list({one.code: one for one in held if one.code != "sending_stopped"}.values())


def _summary(found: MissionDetail, blocked: list[Hold], next_at: datetime | None, now: datetime) -> str:
    if blocked:
        return f"It is {found.state}, and held: {blocked[0].text}"
    if found.state not in ACTIVE:
        return f"It is {found.state}."
    if next_at is None:
        return f"It is {found.state}; nothing is scheduled to be sent at the moment."
    when = "now" if next_at <= now else f"at {next_at:%Y-%m-%d %H:%M} UTC"
    return f"It is {found.state}; the next message is due {when}."
