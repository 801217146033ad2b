"""What people do in a conversation: answer, say what it is about, close it, say who wrote."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.compliance import suppression
from rex_celery.compliance.suppression import Person, Stop
from rex_celery.errors import ConflictError, InvalidError, Problem
from rex_celery.outreach import answer_texts, asking, opting_out, proposals, thread_views, todo_endings, todos
from rex_celery.outreach.asking import Answer
from rex_celery.outreach.labels import Label
from rex_celery.outreach.todo_views import TodoState
from rex_celery.outreach.todos import Closing
from rex_celery.reasons import REASONS
from rex_celery.tenancy import audit


@dataclass(frozen=True, slots=True)
class Letter:
    """An answer as a person wrote it; without a subject it keeps the conversation's."""

    body: str
    subject: str = ""


_SEND = text("""
UPDATE messages SET approved_at = :now, run_after = :now, wait_reason = NULL,
  edited_at = CASE WHEN :edited THEN CAST(:now AS timestamptz) END
WHERE id = :message
""")
_STATE = text("UPDATE threads SET state = :state WHERE tenant_id = :tenant AND id = :thread RETURNING id")
_LABEL = text("UPDATE threads SET label = :label WHERE tenant_id = :tenant AND id = :thread RETURNING lead_id, state")
_LATEST = text("""
UPDATE replies SET label = :label, confidence = 1, labelled_by = :actor
WHERE id = (SELECT id FROM replies WHERE thread_id = :thread AND kind = 'reply'
            ORDER BY received_at DESC, id LIMIT 1)
RETURNING sender, body
""")
_STOPPED = text("""
SELECT reason FROM suppressions WHERE tenant_id = :tenant AND (email = :address OR phone = :address)
ORDER BY created_at LIMIT 1
""")


def send(session: Session, tenant_id: UUID, thread_id: UUID, letter: Letter, closing: Closing) -> UUID:
    """Have an answer of a person sent from the conversation's inbox; gives the message's id.

    It is due at once and waits for no window or cap; a stop of the person holds it to the last moment.

    Raises:
        NotFoundError: the tenant has no such conversation.
        InvalidError: the answer is empty.
        ConflictError: the person must not be written to, or REX has nothing to send it with.

    """
    thread = thread_views.get(session, tenant_id, thread_id)
    if not letter.body.strip():
        raise InvalidError("The answer is empty.", problems=(Problem("body.body", "is empty", "some text"),))
    row = proposals.thread_of(session, thread_id)
    if row is None or row.lead_id is None:
        raise _nothing_to_send_with()
    _refuse_if_stopped(session, tenant_id, row.lead_id, thread)
    subject = (letter.subject or answer_texts.subject_of(thread.subject)) if thread.channel == "email" else ""
    message_id = proposals.write(session, row, subject, letter.body)
    if message_id is None:
        raise _nothing_to_send_with()
    proposed = thread.draft
    edited = proposed is not None and (proposed.subject, proposed.body) != (subject, letter.body)
    session.execute(_SEND, {"message": message_id, "now": closing.at, "edited": edited})
    _settle(session, tenant_id, thread_id, "answered", closing)
    audit.record(session, closing.actor, "thread.answered", str(thread_id), {"message_id": message_id})
    return message_id


def close(session: Session, tenant_id: UUID, thread_id: UUID, closing: Closing) -> None:
    """Close a conversation; what was proposed is not sent.

    Raises:
        NotFoundError: the tenant has no such conversation.

    """
    todo_endings.drop_drafts(session, thread_id)
    _settle(session, tenant_id, thread_id, "closed", closing)
    audit.record(session, closing.actor, "thread.closed", str(thread_id))


def label(session: Session, tenant_id: UUID, thread_id: UUID, label: Label, closing: Closing) -> None:
    """Say what the conversation is about; a person's word counts more than that of rules and models.

    ``opt_out`` suppresses the person as their own words would have.

    Raises:
        NotFoundError: the tenant has no such conversation.

    """
    row = session.execute(_LABEL, {"tenant": tenant_id, "thread": thread_id, "label": label}).one_or_none()
    if row is None:
        raise thread_views.no_thread()
    values = {"thread": thread_id, "label": label, "actor": closing.actor}
    latest = session.execute(_LATEST, values).one_or_none()
    audit.record(session, closing.actor, "thread.labelled", str(thread_id), {"label": label})
    if label is Label.OPT_OUT and row.lead_id:
        stop = Stop(opting_out.REASON, "person", {"thread_id": str(thread_id), "by": closing.actor})
        suppression.suppress(session, tenant_id, Person(row.lead_id), stop)
        _settle(session, tenant_id, thread_id, "closed", closing)
    elif latest and row.state == "open":
        todo_endings.drop_drafts(session, thread_id)
        asking.ask(session, tenant_id, Answer(thread_id, latest.sender, latest.body, label, 1.0), closing.at)


def _settle(session: Session, tenant_id: UUID, thread_id: UUID, state: str, closing: Closing) -> None:
    if session.execute(_STATE, {"tenant": tenant_id, "thread": thread_id, "state": state}).scalar() is None:
        raise thread_views.no_thread()
    ended = TodoState.DONE if state == "answered" else TodoState.DISMISSED
    todos.close_thread(session, tenant_id, thread_id, Closing(ended, closing.actor, closing.at))


def _refuse_if_stopped(session: Session, tenant_id: UUID, lead_id: UUID, thread: thread_views.ThreadDetail) -> None:
    """Nobody who must not be written to gets an answer either, nor does the colleague who wrote for them."""
    last = next((one.sender for one in reversed(thread.entries) if one.direction == "in"), thread.lead_address)
    reason = suppression.suppressed_among(session, [lead_id], thread.channel).get(lead_id)
    reason = reason or session.execute(_STOPPED, {"tenant": tenant_id, "address": last}).scalar()
    if reason:
        known = REASONS.get(reason, REASONS["suppressed_manual"])
        raise ConflictError(known.text, code="suppressed", action=known.action)


def _nothing_to_send_with() -> ConflictError:
    return ConflictError(
        "REX has no inbox or no mission to send an answer of this conversation with.",
        code="cannot_answer",
        action="Answer from your own mail program or telephone.",
    )
