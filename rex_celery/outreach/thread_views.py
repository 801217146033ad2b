"""Conversations as they may be shown: a list of them, and one with all that was written in it, in order."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import paging
from rex_celery.errors import NotFoundError
from rex_celery.outreach.labels import Label
from rex_celery.paging import Page


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation. ``state`` open: somebody waits for an answer. ``last_words`` begin the newest message."""

    id: UUID
    channel: str
    subject: str
    state: str
    label: Label | None
    lead_id: UUID | None
    lead_name: str
    lead_address: str
    company: str | None
    mission_id: UUID | None
    inbox_id: UUID | None
    last_words: str
    last_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a conversation. ``direction`` in or out; ``kind`` of an incoming one, ``state`` of an outgoing.

    ``labelled_by`` is rules, model or whoever set the label; ``matched_by`` says how we know whose it is.
    """

    id: UUID
    direction: str
    at: datetime
    sender: str
    recipient: str
    subject: str
    body: str
    kind: str | None
    state: str | None
    label: Label | None
    confidence: float | None
    labelled_by: str | None
    matched_by: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed answer, which a person may change and send."""

    message_id: UUID
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class ThreadDetail(Thread):
    """A conversation with its messages, oldest first, and the answer that is proposed."""

    entries: list[Entry]
    draft: Draft | None


_SHOWN = """t.id, t.channel, t.subject, t.state, t.label, t.lead_id, t.mission_id, t.inbox_id, t.last_at, t.created_at,
  l.company, coalesce(concat_ws(' ', l.first_name, l.last_name), '') AS lead_name,
  coalesce(CASE t.channel WHEN 'sms' THEN l.phone WHEN 'linkedin' THEN l.linkedin_url ELSE l.email END, '')
    AS lead_address,
  coalesce((SELECT left(r.body, 200) FROM replies AS r WHERE r.thread_id = t.id
    ORDER BY r.received_at DESC LIMIT 1), '') AS last_words
FROM threads AS t LEFT JOIN leads AS l ON l.id = t.lead_id"""
_PAGE = text(f"""
SELECT {_SHOWN}
WHERE (CAST(:state AS text) IS NULL OR t.state = :state) AND (CAST(:label AS text) IS NULL OR t.label = :label)
  AND (CAST(:at AS timestamptz) IS NULL OR (t.last_at, t.id) < (:at, CAST(:id AS uuid)))
ORDER BY t.last_at DESC, t.id DESC LIMIT :limit
""")
_GET = text(f"SELECT {_SHOWN} WHERE t.tenant_id = :tenant AND t.id = :thread")
# What waits for a person's approval is no part of the conversation yet.
_ENTRIES = text("""
SELECT r.id, 'in' AS direction, r.received_at AS at, r.sender, r.recipient, r.subject, r.body, r.kind,
  NULL AS state, r.label, r.confidence, r.labelled_by, r.matched_by
FROM replies AS r WHERE r.thread_id = :thread
UNION ALL
SELECT m.id, 'out', coalesce(m.sent_at, m.submitted_at, m.run_after, m.created_at), coalesce(i.address, ''),
  m.recipient, m.subject, m.body, NULL, m.state, NULL, NULL, NULL, NULL
FROM messages AS m LEFT JOIN inboxes AS i ON i.id = m.inbox_id
WHERE m.thread_id = :thread AND (message_rank(m.state) IS NOT NULL OR m.approved_at IS NOT NULL)
ORDER BY at, direction DESC, id
""")
_DRAFT = text("""
SELECT id AS message_id, subject, body FROM messages
WHERE thread_id = :thread AND state = 'planned' AND wait_reason = 'waiting_approval' AND step_key LIKE 'answer:%'
""")


def page(
    session: Session, *, state: str | None = None, label: str | None = None, limit: int = 50, cursor: str | None = None
) -> Page[Thread]:
    """A part of the conversations, the newest first, in ``state`` and with ``label`` if these are given.

    Raises:
        InvalidError: the cursor is not one of this list's.

    """
    at, id_ = paging.read_cursor(cursor, datetime.fromisoformat, UUID) if cursor else (None, None)
    rows = session.execute(_PAGE, {"state": state, "label": label, "at": at, "id": id_, "limit": limit + 1}).all()
    return paging.cut(rows, limit, lambda row: Thread(**_columns(row)), lambda row: (row.last_at, row.id))


def get(session: Session, tenant_id: UUID, thread_id: UUID) -> ThreadDetail:
    """One conversation.

    Raises:
        NotFoundError: the tenant has no such conversation.

    """
    row = session.execute(_GET, {"tenant": tenant_id, "thread": thread_id}).one_or_none()
    if row is None:
        raise no_thread()
    entries = [_entry(one) for one in session.execute(_ENTRIES, {"thread": thread_id})]
    draft = session.execute(_DRAFT, {"thread": thread_id}).one_or_none()
    return ThreadDetail(**_columns(row), entries=entries, draft=Draft(*draft) if draft else None)


def no_thread() -> NotFoundError:
    """That the tenant has no such conversation."""
    return NotFoundError(
        "There is no such conversation.", code="thread_not_found", action="See GET /api/rex/inbox/threads."
    )


def _columns(row: Row[Any]) -> dict[str, Any]:
    known = {each.name: getattr(row, each.name) for each in fields(Thread)}
    return known | {"label": Label(row.label) if row.label else None}


def _entry(row: Row[Any]) -> Entry:
    known = {each.name: getattr(row, each.name) for each in fields(Entry)}
    return Entry(**(known | {"label": Label(row.label) if row.label else None}))
