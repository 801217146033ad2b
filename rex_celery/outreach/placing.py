"""Saying who wrote what nobody could place: from then on it is an answer of that person, with all that follows."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.errors import ConflictError, NotFoundError
from rex_celery.outreach import answered, todos
from rex_celery.outreach.arrivals import Arrival, ArrivalKind, Intake, Received
from rex_celery.outreach.todo_views import TodoState
from rex_celery.outreach.todos import Closing
from rex_celery.tenancy import audit

_REPLY = text("SELECT * FROM replies WHERE tenant_id = :tenant AND id = :reply FOR UPDATE")
_LEAD = text("SELECT EXISTS (SELECT FROM leads WHERE tenant_id = :tenant AND id = :lead)")
_TODO = text("""
SELECT id FROM todos
WHERE tenant_id = :tenant AND kind = 'unmatched' AND state = 'open' AND details->>'reply_id' = CAST(:reply AS text)
""")


def place(session: Session, tenant_id: UUID, reply_id: UUID, lead_id: UUID, closing: Closing) -> Received:
    """Take a message that nobody could place as an answer of this person.

    Raises:
        NotFoundError: the tenant has no such message or person.
        ConflictError: it is known already whose it is, or a machine wrote it.

    """
    reply = session.execute(_REPLY, {"tenant": tenant_id, "reply": reply_id}).one_or_none()
    if reply is None:
        raise NotFoundError("There is no such message.", code="reply_not_found")
    if not session.execute(_LEAD, {"tenant": tenant_id, "lead": lead_id}).scalar():
        raise NotFoundError("There is no such lead.", code="lead_not_found")
    if reply.kind != ArrivalKind.UNMATCHED:
        raise ConflictError("It is known already whose message this is.", action="Look at its conversation.")
    received = answered.place(Intake(session, tenant_id, _arrival(reply), closing.at), reply_id, lead_id)
    asked = session.scalars(_TODO, {"tenant": tenant_id, "reply": str(reply_id)}).all()
    todos.finish(session, tenant_id, asked, Closing(TodoState.DONE, closing.actor, closing.at))
    audit.record(session, closing.actor, "reply.placed", str(reply_id), {"lead_id": lead_id})
    return received


def _arrival(reply: Row[Any]) -> Arrival:
    return Arrival(
        reply.channel,
        reply.external_id,
        reply.sender,
        reply.recipient,
        reply.subject,
        reply.body,
        reply.full_body,
        reply.received_at,
        reply.in_reply_to or "",
        tuple(reply.references),
        reply.inbound_event_id,
    )
