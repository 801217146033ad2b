"""Asking a person to answer: one entry on the to-do list for each conversation, with an answer to start from."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.outreach import proposals, todos
from rex_celery.outreach.labels import Label
from rex_celery.outreach.todo_views import TodoKind
from rex_celery.outreach.todos import NewTodo

_THREAD = text("""
SELECT t.mission_id, t.lead_id, concat_ws(' ', l.first_name, l.last_name) AS name, l.email, l.phone, l.company
FROM threads AS t JOIN leads AS l ON l.id = t.lead_id WHERE t.id = :thread
""")
_LONGEST_SHOWN = 5_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person is asked to answer: who wrote which words, and what they seem to want."""

    thread_id: UUID
    sender: str
    words: str
    label: Label
    confidence: float


def ask(session: Session, tenant_id: UUID, answer: Answer, now: datetime) -> None:
    """Propose an answer and put the thread on the to-do list."""
    thread = session.execute(_THREAD, {"thread": answer.thread_id}).one()
    who = thread.name or thread.email or thread.phone or answer.sender
    proposal = proposals.propose(session, answer.thread_id, answer.label)
    details: dict[str, object] = {"label": answer.label, "confidence": answer.confidence, "from": answer.sender}
    if proposal:
        details["draft"] = {"subject": proposal.subject, "body": proposal.body}
        details["can_be_sent"] = proposal.message_id is not None
    todo = NewTodo(
        TodoKind.ANSWER,
        f"Answer {who}{f' at {thread.company}' if thread.company else ''}",
        answer.words[:_LONGEST_SHOWN],
        details,
        lead_id=thread.lead_id,
        mission_id=thread.mission_id,
        thread_id=answer.thread_id,
    )
    todos.create_or_rewrite(session, tenant_id, todo, now)
