"""What a mission came to: the outcome of every lead, and the messages."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import paging
from rex_celery.errors import NotFoundError
from rex_celery.missions import queries, views
from rex_celery.missions.views import Message, MessageState, Outcome, OutcomeState, Why
from rex_celery.paging import Page

_NAME = "nullif(concat_ws(' ', l.first_name, l.last_name), '')"
# A message has its time once the one before it has arrived.
_WAIT = "coalesce(g.wait_reason, CASE WHEN g.run_after IS NULL THEN 'waiting_delivery' ELSE 'waiting_not_due' END)"
_OUTCOMES = text(
    f"""
SELECT o.chunk_no, o.lead_id, {_NAME} AS name, l.email, o.state, o.reason, o.score, o.strategy, o.channel,
  g.id AS message_id, n.run_after, n.wait_reason
FROM outcomes AS o JOIN leads AS l ON l.id = o.lead_id
LEFT JOIN LATERAL (
  SELECT id FROM messages WHERE mission_id = o.mission_id AND lead_id = o.lead_id
  ORDER BY sent_at DESC NULLS LAST, position LIMIT 1
) AS g ON true
LEFT JOIN LATERAL (
  SELECT g.run_after, {_WAIT} AS wait_reason FROM messages AS g
  WHERE g.mission_id = o.mission_id AND g.lead_id = o.lead_id AND g.state = 'planned' AND g.enrolment_id IS NOT NULL
  ORDER BY g.position LIMIT 1
) AS n ON true
WHERE o.mission_id = :mission AND (CAST(:state AS text) IS NULL OR o.state = :state)
  AND (CAST(:lead AS uuid) IS NULL OR (o.chunk_no, o.lead_id) > (:chunk, :lead))
ORDER BY o.chunk_no, o.lead_id LIMIT :limit
"""
)
_MESSAGE = f"""
SELECT g.id, g.mission_id, g.lead_id, {_NAME} AS lead_name, g.recipient AS to, g.channel, g.subject, g.body,
  g.framework, g.state, g.reason, g.sent_at, g.step_key, g.chunk_no, g.position, g.enrolment_id, g.inbox_id,
  g.delivered_at, CASE WHEN g.state = 'planned' THEN g.run_after END AS run_after,
  CASE WHEN g.state = 'planned' AND g.enrolment_id IS NOT NULL THEN {_WAIT} END AS wait_reason
FROM messages AS g LEFT JOIN leads AS l ON l.id = g.lead_id
"""
_MESSAGES = text(
    _MESSAGE
    + """
WHERE g.mission_id = :mission
  AND (CAST(:lead AS uuid) IS NULL
       OR (g.chunk_no, g.lead_id, coalesce(g.position, 0), g.id) > (:chunk, :lead, :position, CAST(:id AS uuid)))
ORDER BY g.chunk_no, g.lead_id, coalesce(g.position, 0), g.id LIMIT :limit
"""
)
_SENDER = text(
    "SELECT coalesce(m.params->'sender', '{}') FROM messages AS g JOIN missions AS m ON m.id = g.mission_id"
    " WHERE g.id = :message"
)
_ONE_MESSAGE = text(_MESSAGE + "WHERE g.id = :message")


def outcomes(
    session: Session, mission_id: UUID, *, state: str | None = None, limit: int = 50, cursor: str | None = None
) -> Page[Outcome]:
    """What became of a part of a mission's leads.

    Raises:
        NotFoundError: the tenant has no such mission.
        InvalidError: the cursor is not one of this list's.

    """
    chunk, lead = paging.read_cursor(cursor, int, UUID) if cursor else (None, None)
    known = {"mission": mission_id, "state": state, "chunk": chunk, "lead": lead, "limit": limit + 1}
    rows = session.execute(_OUTCOMES, known).all()
    queries.see(session, mission_id, rows)
    return paging.cut(rows, limit, _outcome, lambda row: (row.chunk_no, row.lead_id))


def messages(session: Session, mission_id: UUID, *, limit: int = 50, cursor: str | None = None) -> Page[Message]:
    """A part of a mission's messages.

    Raises:
        NotFoundError: the tenant has no such mission.
        InvalidError: the cursor is not one of this list's.

    """
    chunk, lead, position, id_ = paging.read_cursor(cursor, int, UUID, int, UUID) if cursor else (None,) * 4
    known = {
        "mission": mission_id,
        "chunk": chunk,
        "lead": lead,
        "position": position,
        "id": id_,
        "limit": limit + 1,
    }
    rows = session.execute(_MESSAGES, known).all()
    queries.see(session, mission_id, rows)
    return paging.cut(rows, limit, _message, lambda row: (row.chunk_no, row.lead_id, row.position or 0, row.id))


def message(session: Session, message_id: UUID) -> Message:
    """One message.

    Raises:
        NotFoundError: the tenant has no such message.

    """
    row = session.execute(_ONE_MESSAGE, {"message": message_id}).first()
    if row is None:
        raise NotFoundError(f"There is no message {message_id}.", code="message_not_found")
    return _message(row)


def _outcome(row: Row[Any]) -> Outcome:
    reason = views.why(row.reason) or Why("", "", "")
    return Outcome(
        row.lead_id,
        row.name,
        row.email,
        OutcomeState(row.state),
        row.reason,
        reason.text or None,
        reason.action or None,
        row.score,
        row.strategy,
        row.channel,
        row.message_id,
        row.run_after,
        views.why(row.wait_reason),
    )


def _message(row: Row[Any]) -> Message:
    return Message(
        row.id,
        row.mission_id,
        row.lead_id,
        row.lead_name,
        row.to,
        row.channel,
        row.subject,
        row.body,
        row.framework,
        MessageState(row.state),
        row.reason,
        row.sent_at,
        row.step_key,
        row.position,
        row.enrolment_id,
        row.inbox_id,
        row.run_after,
        row.delivered_at,
        views.why(row.reason),
        views.why(row.wait_reason),
    )


def sender_of(session: Session, message_id: UUID) -> dict[str, str]:
    """Who a message is from, as its mission was ordered: ``name``, ``email``, ``postal_address``.

    Raises:
        NotFoundError: the tenant has no such message.

    """
    sender = session.execute(_SENDER, {"message": message_id}).scalar()
    if sender is None:
        raise NotFoundError(f"There is no message {message_id}.", code="message_not_found")
    return dict(sender)
