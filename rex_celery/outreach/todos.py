"""What a person must do: answer, copy a LinkedIn text, look at what could not be matched; made once, closed once."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import bus
from rex_celery.errors import ConflictError
from rex_celery.events import TodoClosed, TodoCreated
from rex_celery.outreach import todo_endings, todo_views
from rex_celery.outreach.todo_views import Todo, TodoKind, TodoState
from rex_celery.tenancy import audit


@dataclass(frozen=True, slots=True)
class NewTodo:
    """What is to be done; ``body`` is text to read or copy. With ``message_id`` there is one of its kind for it."""

    kind: TodoKind
    title: str
    body: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    lead_id: UUID | None = None
    mission_id: UUID | None = None
    message_id: UUID | None = None
    thread_id: UUID | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """How something ends, who ends it and when."""

    state: TodoState
    actor: str
    at: datetime


_CREATE = text("""
INSERT INTO todos (id, tenant_id, kind, title, body, details, lead_id, mission_id, message_id, thread_id, due_at,
  created_at)
VALUES (:id, :tenant, :kind, :title, :body, CAST(:details AS jsonb), :lead_id, :mission_id, :message_id, :thread_id,
  :due_at, :now)
ON CONFLICT (kind, message_id) WHERE message_id IS NOT NULL DO NOTHING RETURNING id
""")
_OPEN_IN = text("SELECT id FROM todos WHERE thread_id = :thread AND kind = :kind AND state = 'open' ORDER BY id")
_REWRITE = text("""
UPDATE todos SET title = :title, body = :body, due_at = :due_at,
  details = jsonb_strip_nulls(jsonb_build_object('assigned_to', details->'assigned_to')) || CAST(:details AS jsonb)
WHERE id = :id
""")
_CLOSE = text("""
UPDATE todos SET state = :state, done_at = :now, done_by = :actor
WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'open'
RETURNING id, kind, mission_id
""")
_ASSIGN = text(
    "UPDATE todos SET details = details || jsonb_build_object('assigned_to', CAST(:assignee AS text))"
    " WHERE tenant_id = :tenant AND id = :id AND state = 'open' RETURNING id"
)
_OF_THREAD = text("SELECT id FROM todos WHERE thread_id = :thread AND state = 'open' ORDER BY id")


def create(session: Session, tenant_id: UUID, todo: NewTodo, now: datetime) -> UUID | None:
    """Put something on the list. None when there is one of this kind for this message already."""
    given = {each.name: getattr(todo, each.name) for each in fields(NewTodo)}
    given |= {"id": uuid4(), "tenant": tenant_id, "details": json.dumps(todo.details), "now": now}
    made: UUID | None = session.execute(_CREATE, given).scalar()
    if made:
        bus.publish(session, tenant_id, TodoCreated(todo.mission_id, made, todo.kind))
    return made


def create_or_rewrite(session: Session, tenant_id: UUID, todo: NewTodo, now: datetime) -> UUID | None:
    """As ``create``, but a thread has one open entry of a kind: the newest says what is to be done."""
    values = {"thread": todo.thread_id, "kind": todo.kind}
    known: UUID | None = session.execute(_OPEN_IN, values).scalar() if todo.thread_id else None
    if known is None:
        return create(session, tenant_id, todo, now)
    rewritten = {"id": known, "title": todo.title, "body": todo.body, "due_at": todo.due_at}
    session.execute(_REWRITE, {**rewritten, "details": json.dumps(todo.details)})
    return known


def assign(session: Session, tenant_id: UUID, todo_id: UUID, assignee: str, actor: str) -> Todo:
    """Say who will do it; empty: nobody in particular.

    Raises:
        NotFoundError: the tenant has no such thing to do.
        ConflictError: it is closed already.

    """
    known = todo_views.get(session, tenant_id, todo_id)
    values = {"tenant": tenant_id, "id": todo_id, "assignee": assignee or None}
    if session.execute(_ASSIGN, values).scalar() is None:
        raise _closed(known)
    audit.record(session, actor, "todo.assigned", str(todo_id))
    return todo_views.get(session, tenant_id, todo_id)


def close(  # noqa: PLR0913, PLR0917  who closed what, how and when
    session: Session, tenant_id: UUID, todo_id: UUID, state: TodoState, actor: str, now: datetime
) -> Todo:
    """Say that it was done or dismissed, and have happen what follows from that; the same again changes nothing.

    Raises:
        NotFoundError: the tenant has no such thing to do.
        ConflictError: it was closed the other way before, or what it was about has changed meanwhile.

    """
    known = todo_views.get(session, tenant_id, todo_id)
    if known.state is state:
        return known
    if known.state is not TodoState.OPEN:
        raise _closed(known)
    # What follows may lock an enrolment and its messages; this row comes after them, as wherever both are changed.
    todo_endings.follow(session, tenant_id, todo_endings.Ending(known, state), now)
    if not finish(session, tenant_id, [todo_id], Closing(state, actor, now)):
        raise _closed(known)
    audit.record(session, actor, f"todo.{state}", str(todo_id), {"kind": known.kind})
    return todo_views.get(session, tenant_id, todo_id)


def close_thread(session: Session, tenant_id: UUID, thread_id: UUID, closing: Closing) -> int:
    """Close whatever is open about a thread, without what would follow; gives how many that were."""
    return finish(session, tenant_id, session.scalars(_OF_THREAD, {"thread": thread_id}).all(), closing)


def finish(session: Session, tenant_id: UUID, ids: Collection[UUID], closing: Closing) -> int:
    """Close these without what would follow; gives how many were open."""
    if not ids:
        return 0
    state = closing.state
    values = {"ids": list(ids), "state": state, "actor": closing.actor, "now": closing.at}
    closed = session.execute(_CLOSE, values).all()
    bus.publish(session, tenant_id, *(TodoClosed(row.mission_id, row.id, row.kind, state) for row in closed))
    return len(closed)


def _closed(known: Todo) -> ConflictError:
    return ConflictError(
        f"This was closed already: {known.state}.", action="Look at its thread or its message instead."
    )
