"""The messages that wait for a person's approval, as they would go out."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import paging
from rex_celery.paging import Page

# Whoever is written to first is looked at first. A message without a subject goes into the thread of an earlier one.
_PAGE = text("""
SELECT m.id, m.mission_id, s.name AS mission_name, m.lead_id,
  nullif(concat_ws(' ', l.first_name, l.last_name), '') AS lead_name, m.step_key, m.position, m.chunk_no, m.channel,
  i.address AS sender, m.recipient, m.body, m.run_after,
  CASE WHEN m.subject <> '' OR m.channel <> 'email' THEN m.subject ELSE coalesce((
    SELECT b.subject FROM messages AS b WHERE b.enrolment_id = m.enrolment_id AND b.channel = 'email'
      AND b.position < m.position AND b.subject <> '' ORDER BY b.position DESC LIMIT 1), '') END AS subject
FROM messages AS m JOIN missions AS s ON s.id = m.mission_id
JOIN enrolments AS e ON e.id = m.enrolment_id AND e.state = 'active'
LEFT JOIN leads AS l ON l.id = m.lead_id LEFT JOIN inboxes AS i ON i.id = m.inbox_id
WHERE m.state = 'planned' AND m.wait_reason = 'waiting_approval'
  AND (CAST(:mission AS uuid) IS NULL OR m.mission_id = :mission)
  AND (CAST(:lead AS uuid) IS NULL
       OR (m.mission_id, m.position, m.chunk_no, m.lead_id) > (CAST(:after AS uuid), :position, :chunk, :lead))
ORDER BY m.mission_id, m.position, m.chunk_no, m.lead_id LIMIT :limit
""")

_COUNT = text("""
SELECT count(*) FROM messages
WHERE mission_id = ANY(CAST(:missions AS uuid[])) AND enrolment_id IS NOT NULL
  AND state = 'planned' AND wait_reason = 'waiting_approval'
""")


@dataclass(frozen=True, slots=True)
class Approval:
    """A message that waits for a person; ``due_at`` is None for a later one, whose time comes with the one before."""

    message_id: UUID
    mission_id: UUID
    mission_name: str
    lead_id: UUID
    lead_name: str | None
    step_key: str
    position: int
    channel: str
    sender: str
    to: str
    subject: str
    body: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision came to: how many messages were named, and how many of their missions' still wait."""

    decided: int
    still_waiting: int


def page(
    session: Session, *, mission_id: UUID | None = None, limit: int = 50, cursor: str | None = None
) -> Page[Approval]:
    """A part of what waits for an approval, each mission's first messages first.

    Raises:
        InvalidError: the cursor is not one of this list's.

    """
    after, position, chunk, lead = paging.read_cursor(cursor, UUID, int, int, UUID) if cursor else (None,) * 4
    known = {"mission": mission_id, "after": after, "position": position, "chunk": chunk, "lead": lead}
    rows = session.execute(_PAGE, known | {"limit": limit + 1}).all()
    return paging.cut(rows, limit, _approval, lambda row: (row.mission_id, row.position, row.chunk_no, row.lead_id))


def count(session: Session, mission_ids: Collection[UUID]) -> int:
    """How many messages of these missions wait."""
    return int(session.execute(_COUNT, {"missions": list(mission_ids)}).scalar_one())


def _approval(row: Row[Any]) -> Approval:
    return Approval(
        message_id=row.id,
        mission_id=row.mission_id,
        mission_name=row.mission_name,
        lead_id=row.lead_id,
        lead_name=row.lead_name,
        step_key=row.step_key,
        position=row.position,
        channel=row.channel,
        sender=row.sender or "",
        to=row.recipient,
        subject=row.subject,
        body=row.body,
        due_at=row.run_after,
    )
