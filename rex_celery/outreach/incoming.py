"""What a mail that came in is: somebody's words, or word of a mail of ours that bounced or was called spam."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from rex_celery.integrations import mail
from rex_celery.integrations.base import InboundEmail
from rex_celery.outreach import facts, mail_facts, replies
from rex_celery.outreach.arrivals import ArrivalKind
from rex_celery.outreach.incoming_rows import Event, Verdict

_OWN = Verdict("ignored", "It is our own mail.")
_NO_NEWS = Verdict("ignored", "The report tells neither a bounce nor a complaint.")
_LOST = Verdict("unmatched", "It is about no message of this tenant.")


def receive(session: Session, tenant_id: UUID, event: Event, now: datetime) -> Verdict:
    """Apply one mail as it came over the wire; says what became of it."""
    read = mail.read(event.raw or b"", _received_at(event))
    if isinstance(read, InboundEmail):
        received = replies.receive_email(session, tenant_id, read, now, event.id)
        return _OWN if received.kind is ArrivalKind.OWN else Verdict()
    fact = mail_facts.of(read)
    if fact is None:
        return _NO_NEWS
    return _LOST if facts.store(session, tenant_id, [fact], now).unmatched else Verdict()


def _received_at(event: Event) -> datetime:
    """When the mailbox got it, which may be long before REX did."""
    try:
        return datetime.fromisoformat(str(event.payload.get("received_at") or ""))
    except ValueError:
        return event.received_at
