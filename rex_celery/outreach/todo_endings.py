"""What follows when a person closes something on the to-do list: each kind has its own consequence, or none."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.integrations.base import ProviderEvent
from rex_celery.outreach import facts, failing
from rex_celery.outreach.todo_views import Todo, TodoKind, TodoState

# First, as everywhere where a message of a sequence changes.
_LOCK = text("""
SELECT FROM enrolments WHERE id = (SELECT enrolment_id FROM messages WHERE id = :message) FOR NO KEY UPDATE
""")
_APPROVE = text("""
UPDATE messages SET approved_at = :now, wait_reason = NULL, run_after = coalesce(run_after, :now)
WHERE id = :message AND state = 'planned' AND wait_reason = 'waiting_approval'
""")
_DRAFTS = text("""
UPDATE messages SET state = 'skipped', reason = 'rejected_by_person', wait_reason = NULL
WHERE thread_id = :thread AND state = 'planned' AND wait_reason = 'waiting_approval' AND step_key LIKE 'answer:%'
""")
_THREAD = text("UPDATE threads SET state = :state WHERE id = :thread AND state <> :state")


@dataclass(frozen=True, slots=True)
class Ending:
    """What ended, and how."""

    todo: Todo
    state: TodoState


def follow(session: Session, tenant_id: UUID, ending: Ending, now: datetime) -> None:
    """Do what the end of this kind of work asks for; what it was about may have been taken back meanwhile."""
    consequence = _CONSEQUENCES.get(ending.todo.kind)
    if consequence:
        consequence(session, tenant_id, ending, now)


def drop_drafts(session: Session, thread_id: UUID) -> None:
    """Close the proposed answers in a thread: somebody decided otherwise."""
    session.execute(_DRAFTS, {"thread": thread_id})


def _by_hand(session: Session, tenant_id: UUID, ending: Ending, now: datetime) -> None:
    """Sent by a person's own hand, or never to be sent; a thing to look at without a message has no consequence."""
    message_id = ending.todo.message_id
    if message_id is None:
        return
    session.execute(_LOCK, {"message": message_id})
    if ending.state is TodoState.DONE:
        done = ProviderEvent("manual", f"{message_id}:done", "accepted", "api", now, message_id)
        facts.store(session, tenant_id, [done], now)
    else:
        failing.unsendable(session, tenant_id, [message_id], "linkedin_task_dismissed", now)


def _approved(session: Session, tenant_id: UUID, ending: Ending, now: datetime) -> None:
    message_id = ending.todo.message_id
    if message_id is None:
        return
    session.execute(_LOCK, {"message": message_id})
    if ending.state is TodoState.DONE:
        session.execute(_APPROVE, {"message": message_id, "now": now})
    else:
        failing.unsendable(session, tenant_id, [message_id], "rejected_by_person", now)


def _answered(session: Session, _tenant_id: UUID, ending: Ending, _now: datetime) -> None:
    """Answered some other way, or not to be answered."""
    if ending.todo.thread_id:
        drop_drafts(session, ending.todo.thread_id)
        state = "answered" if ending.state is TodoState.DONE else "closed"
        session.execute(_THREAD, {"thread": ending.todo.thread_id, "state": state})


_CONSEQUENCES: dict[TodoKind, Callable[[Session, UUID, Ending, datetime], None]] = {
    TodoKind.LINKEDIN_TASK: _by_hand,
    TodoKind.LOOK: _by_hand,
    TodoKind.APPROVE_MESSAGE: _approved,
    TodoKind.ANSWER: _answered,
}
