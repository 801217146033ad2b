"""The to-do list as it may be shown: kinds, states, and a page of it."""

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from rex_celery import paging
from rex_celery.errors import NotFoundError
from rex_celery.paging import Page


class TodoKind(StrEnum):
    """What there is to do."""

    ANSWER = "answer"
    LINKEDIN_TASK = "linkedin_task"
    APPROVE_MESSAGE = "approve_message"
    UNMATCHED = "unmatched"
    LOOK = "look"  # at an address that is dead, or at a person who has left
    MEETING = "meeting"


class TodoState(StrEnum):
    """Whether it is still to be done."""

    OPEN = "open"
    DONE = "done"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do. ``body`` is text to read or copy; ``done_by`` is whoever closed it: a person, a key or REX."""

    id: UUID
    kind: TodoKind
    state: TodoState
    title: str
    body: str
    details: dict[str, Any]
    lead_id: UUID | None
    mission_id: UUID | None
    message_id: UUID | None
    thread_id: UUID | None
    assigned_to: str | None
    due_at: datetime | None
    created_at: datetime
    done_at: datetime | None
    done_by: str | None


_SHOWN = ", ".join(each.name for each in fields(Todo) if each.name != "assigned_to") + (
    ", details->>'assigned_to' AS assigned_to"
)
_PAGE = text(f"""
SELECT {_SHOWN} FROM todos
WHERE (CAST(:state AS text) IS NULL OR state = :state) AND (CAST(:kind AS text) IS NULL OR kind = :kind)
  AND (CAST(:at AS timestamptz) IS NULL OR (created_at, id) > (:at, CAST(:id AS uuid)))
ORDER BY created_at, id LIMIT :limit
""")
_GET = text(f"SELECT {_SHOWN} FROM todos WHERE tenant_id = :tenant AND id = :id")


def page(
    session: Session,
    *,
    state: str | None = TodoState.OPEN,
    kind: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Todo]:
    """A part of the list, what has waited longest first.

    Raises:
        InvalidError: the cursor is not one of this list's.

    """
    at, id_ = paging.read_cursor(cursor, datetime.fromisoformat, UUID) if cursor else (None, None)
    rows = session.execute(_PAGE, {"state": state, "kind": kind, "at": at, "id": id_, "limit": limit + 1})
    return paging.cut(rows.mappings().all(), limit, _read, lambda row: (row["created_at"], row["id"]))


def get(session: Session, tenant_id: UUID, todo_id: UUID) -> Todo:
    """One thing to do.

    Raises:
        NotFoundError: the tenant has no such thing to do.

    """
    row = session.execute(_GET, {"tenant": tenant_id, "id": todo_id}).mappings().one_or_none()
    if row is None:
        raise NotFoundError("There is no such thing to do.", code="todo_not_found", action="See GET /api/rex/todos.")
    return _read(row)


def _read(row: RowMapping) -> Todo:
    return Todo(**(dict(row) | {"kind": TodoKind(row["kind"]), "state": TodoState(row["state"])}))
