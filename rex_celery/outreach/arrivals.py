"""The table of what came in: each message is kept once, whatever it is and however often it is delivered."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.integrations.base import InboundEmail, InboundText
from rex_celery.outreach import mail_sorting, storable
from rex_celery.outreach.classification import Reading
from rex_celery.outreach.matching import Match


class ArrivalKind(StrEnum):
    """What a message that came in is."""

    REPLY = "reply"
    OUT_OF_OFFICE = "out_of_office"
    AUTOMATIC = "automatic"
    OWN = "own"
    UNMATCHED = "unmatched"


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a message that came in. ``new`` False: it was known already, and nothing was done again."""

    kind: ArrivalKind
    lead_id: UUID | None = None
    thread_id: UUID | None = None
    label: str | None = None
    new: bool = True


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as it came, on whichever channel; ``words`` are the person's own."""

    channel: str
    external_id: str
    sender: str
    recipient: str
    subject: str
    words: str
    text: str
    at: datetime
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    inbound_event_id: int | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """A message that is being taken in: for which tenant, in which transaction, and when."""

    session: Session
    tenant_id: UUID
    arrival: Arrival
    now: datetime


_KNOWN = text("""
SELECT kind, lead_id, thread_id, label FROM replies
WHERE tenant_id = :tenant AND channel = :channel AND external_id = :external_id
""")
_KEEP = text("""
INSERT INTO replies (id, tenant_id, inbound_event_id, thread_id, lead_id, message_id, channel, external_id,
  in_reply_to, "references", sender, recipient, subject, body, full_body, kind, matched_by, label, confidence,
  labelled_by, received_at)
VALUES (:id, :tenant, :event, :thread, :lead, :message, :channel, :external_id, :in_reply_to,
  CAST(:references AS jsonb), :sender, :recipient, :subject, :words, :text, :kind, :matched_by, :label, :confidence,
  :labelled_by, :at)
ON CONFLICT (tenant_id, channel, external_id) DO NOTHING RETURNING id
""")
_ADOPT = text("""
UPDATE replies SET kind = 'reply', lead_id = :lead, message_id = :message, matched_by = :by WHERE id = :reply
""")
_PLACE = text("UPDATE replies SET thread_id = :thread WHERE id = :reply")


def of_email(mail: InboundEmail, inbound_event_id: int | None = None) -> Arrival:
    """A mail as it is kept. One without a Message-ID gets a name from what stands in it, so that it is known again."""
    content = storable.words(f"{mail.sender.address}\n{mail.subject}\n{mail.at.isoformat()}\n{mail.text}")
    return Arrival(
        "email",
        storable.line(mail.message_id) or f"<{hashlib.sha256(content.encode()).hexdigest()}@no-message-id>",
        storable.line(mail.sender.address),
        storable.line(", ".join(mail.recipients)),
        storable.line(mail.subject),
        storable.words(mail_sorting.own_words(mail)),
        storable.words(mail.text),
        mail.at,
        storable.line(mail.in_reply_to),
        tuple(storable.line(one) for one in mail.references),
        inbound_event_id,
    )


def of_text(text: InboundText, number: str, inbound_event_id: int | None = None) -> Arrival:
    """A text message as it is kept, from this number (E.164)."""
    words, id_, recipient = storable.words(text.text), storable.line(text.provider_id), storable.line(text.recipient)
    event = inbound_event_id
    return Arrival("sms", id_, storable.line(number), recipient, "", words, words, text.at, inbound_event_id=event)


def known(intake: Intake) -> Received | None:
    """What became of this message when it came before."""
    arrival = intake.arrival
    values = {"tenant": intake.tenant_id, "channel": arrival.channel, "external_id": arrival.external_id}
    row = intake.session.execute(_KNOWN, values).one_or_none()
    return _received(row) if row else None


def keep(intake: Intake, kind: ArrivalKind, match: Match | None = None, reading: Reading | None = None) -> UUID | None:
    """Store the message, of this person if the match is sure; None when somebody else has stored it meanwhile."""
    sure = match if match and match.is_sure else None
    values = _columns(intake.arrival) | {
        "id": uuid4(),
        "tenant": intake.tenant_id,
        "thread": sure.thread_id if sure else None,
        "lead": sure.lead_id if sure else None,
        "message": sure.message_id if sure else None,
        "kind": kind,
        "matched_by": match.by if match else None,
        "label": reading.label if reading else None,
        "confidence": reading.confidence if reading else None,
        "labelled_by": "rules" if reading else None,
    }
    kept: UUID | None = intake.session.execute(_KEEP, values).scalar()
    return kept


def stored_meanwhile(intake: Intake) -> Received:
    """What became of a message that another worker has just stored."""
    found = known(intake)
    if found is None:
        raise RuntimeError("What could not be stored a second time is stored.")
    return found


def adopt(session: Session, reply_id: UUID, match: Match) -> None:
    """Let a message that nobody could place be an answer of this person."""
    values = {"reply": reply_id, "lead": match.lead_id, "message": match.message_id, "by": match.by}
    session.execute(_ADOPT, values)


def place(session: Session, reply_id: UUID, thread_id: UUID) -> None:
    """Put a stored message into its conversation."""
    session.execute(_PLACE, {"reply": reply_id, "thread": thread_id})


def _columns(arrival: Arrival) -> dict[str, Any]:
    return {
        "event": arrival.inbound_event_id,
        "channel": arrival.channel,
        "external_id": arrival.external_id,
        "in_reply_to": arrival.in_reply_to or None,
        "references": json.dumps(arrival.references),
        "sender": arrival.sender,
        "recipient": arrival.recipient,
        "subject": arrival.subject,
        "words": arrival.words,
        "text": arrival.text,
        "at": arrival.at,
    }


def _received(row: Row[Any]) -> Received:
    return Received(ArrivalKind(row.kind), row.lead_id, row.thread_id, row.label, new=False)
