"""Mail and texts that come in, for tests: a test names only what it is about."""

from datetime import datetime
from itertools import count
from uuid import UUID

from sqlalchemy import text

from rex_celery import db
from rex_celery.integrations.base import InboundEmail, InboundText, Mailbox
from rex_celery.outreach import replies
from rex_celery.outreach.arrivals import Received
from tests.outreach.enrolled import NOON, Crowd

_numbers = count(1)
OURS = "ada@acme.example.com"


def a_mail(words: str = "Sounds interesting, tell me more.", **fields: object) -> InboundEmail:
    """A mail that a person writes to one of our inboxes."""
    known = {
        "message_id": f"<answer-{next(_numbers)}@mail.example.net>",
        "sender": Mailbox("grace@navy.example.com", "Grace Hopper"),
        "recipients": (OURS,),
        "subject": "Re: Shall we pick this up again?",
        "text": words,
        "reply": words,
        "at": NOON,
    }
    if isinstance(fields.get("sender"), str):
        fields["sender"] = Mailbox(str(fields["sender"]))
    return InboundEmail(**(known | fields))  # type: ignore[arg-type]


def a_text(words: str = "Yes, call me", **fields: object) -> InboundText:
    """A text message to one of our numbers."""
    known = {"provider_id": f"SM{next(_numbers)}", "sender": "+12025550143", "recipient": "+12025550100"}
    return InboundText(**({"text": words, "at": NOON} | known | fields))  # type: ignore[arg-type]


def receive(tenant: UUID, incoming: InboundEmail | InboundText, now: datetime = NOON) -> Received:
    """Take it in, in a transaction of its own."""
    with db.transaction(tenant) as session:
        if isinstance(incoming, InboundEmail):
            return replies.receive_email(session, tenant, incoming, now)
        return replies.receive_text(session, tenant, incoming, now)


def ours(crowd: Crowd, place: int = 0, step: str = "first") -> str:
    """The Message-ID of what we sent to a person of a crowd."""
    with db.transaction(crowd.tenant) as session:
        query = text("SELECT id FROM messages WHERE lead_id = :lead AND step_key = :step")
        message = session.execute(query, {"lead": crowd.leads[place].id, "step": step}).scalar_one()
        return f"<{message}@acme.example.com>"


def column(tenant: UUID, query: str, **values: object) -> list[object]:
    """One column of what the tenant has."""
    with db.transaction(tenant) as session:
        return list(session.scalars(text(query), values))
