"""Explaining a message: what became of it, or what would hold it if it were due now."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from rex_celery.explain import holds, standing, timeline
from rex_celery.explain.standing import Standing
from rex_celery.explain.timeline import Part
from rex_celery.explain.views import Hold, MessageExplained
from rex_celery.missions import results
from rex_celery.missions.views import Message, MessageState
from rex_celery.outreach import cap_room, policies, sequences

_WHOLE = Part()
_UNDER_WAY = frozenset({MessageState.CLAIMED, MessageState.SUBMITTED})


def explain(session: Session, tenant_id: UUID, message_id: UUID, now: datetime) -> MessageExplained:
    """What became of a message, or what would hold it at ``now``; changes nothing.

    Raises:
        NotFoundError: the tenant has no such message.

    """
    shown, row = results.message(session, message_id), standing.of(session, message_id, now)
    history = timeline.read(session, row.lead_id, _WHOLE, message_id)
    if shown.state != MessageState.PLANNED:
        return MessageExplained(shown, _summary(shown, [], None), [], None, None, None, [], history)
    policy = policies.of(session, tenant_id, row.campaign_id)
    room = cap_room.room(session, tenant_id, standing.ask(row), policy, now, standing.own(row)) if row.inbox_id else []
    found = holds.of(session, row, policy, room, now)
    at = holds.earliest(row, found, policy, now)
    opens = holds.window(row, policy, max(now, row.run_after or now))
    summary = _summary(shown, found, at)
    return MessageExplained(shown, summary, found, at, _after_days(session, row), opens, room, history)


def _after_days(session: Session, row: Standing) -> int | None:
    """How many days after the arrival of the one before, for a message that has no time yet."""
    if row.run_after or row.enrolment_id is None or row.wait_reason == holds.BY_HAND:
        return None
    days = {step.key: step.day for step in sequences.version(session, row.sequence_id, row.version)}
    return max(0, days.get(row.step_key, 0) - days.get(row.step_before, 0))


def _summary(shown: Message, found: list[Hold], at: datetime | None) -> str:
    if shown.state in _UNDER_WAY:
        return "It is being handed over right now."
    if shown.state != MessageState.PLANNED:
        return f"It was {shown.state}." if shown.why is None else f"It is {shown.state}: {shown.why.text}"
    if found:
        return f"It would not go now: {found[0].text}"
    if at is None:
        return "It has no time yet: that comes when the one before it has arrived."
    return f"Nothing holds it; it goes from {at:%Y-%m-%d %H:%M} UTC on."
