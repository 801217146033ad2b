"""Conversations: what we sent and what came back, with one person on one channel, in order."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.outreach.arrivals import Arrival
from rex_celery.outreach.labels import Label
from rex_celery.outreach.matching import Match


class ThreadState(StrEnum):
    """Whether somebody waits for an answer."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Root:
    """Where a conversation begins: the message of ours that was answered, or nothing but a person."""

    mission_id: UUID | None
    enrolment_id: UUID | None
    inbox_id: UUID | None
    subject: str


_ROOT = text("""
SELECT m.mission_id, m.enrolment_id, m.inbox_id, coalesce(nullif(m.subject, ''), (
    SELECT f.subject FROM messages AS f WHERE f.enrolment_id = m.enrolment_id AND f.channel = m.channel
      AND f.position < m.position AND f.subject <> '' ORDER BY f.position DESC LIMIT 1), '') AS subject
FROM messages AS m WHERE m.id = :message
""")
_INBOX = text("""
SELECT id FROM inboxes WHERE tenant_id = :tenant AND channel = :channel AND address = ANY(CAST(:addresses AS text[]))
ORDER BY id LIMIT 1
""")
# An e-mail thread belongs to a sequence or, without one, to a message; text messages with one person are one thread.
_OPEN = text("""
SELECT id FROM threads WHERE tenant_id = :tenant AND lead_id = :lead AND channel = :channel
  AND (channel <> 'email' OR (enrolment_id IS NOT DISTINCT FROM CAST(:enrolment AS uuid)
    AND (enrolment_id IS NOT NULL OR mission_id IS NOT DISTINCT FROM CAST(:mission AS uuid))))
ORDER BY last_at DESC, id LIMIT 1
""")
_CREATE = text("""
INSERT INTO threads (id, tenant_id, lead_id, mission_id, enrolment_id, inbox_id, channel, subject, last_at)
VALUES (:id, :tenant, :lead, :mission, :enrolment, :inbox, :channel, :subject, :at)
""")
# What was sent before in the same conversation belongs to it, so that it can be read from its beginning.
_ADOPT = text("""
UPDATE messages SET thread_id = :thread
WHERE thread_id IS NULL AND channel = :channel AND (id = :message OR enrolment_id = :enrolment)
""")
_TOUCH = text("""
UPDATE threads SET last_at = greatest(last_at, :at), state = :state, label = :label,
  inbox_id = coalesce(inbox_id, :inbox)
WHERE id = :thread
""")


def of(session: Session, tenant_id: UUID, arrival: Arrival, match: Match) -> UUID:
    """The conversation that a message belongs to; the first answer begins it."""
    if match.thread_id:
        return match.thread_id
    root = _root(session, tenant_id, arrival, match)
    owner = {"tenant": tenant_id, "lead": match.lead_id, "channel": arrival.channel}
    place = {"mission": root.mission_id, "enrolment": root.enrolment_id}
    thread: UUID | None = session.execute(_OPEN, owner | place).scalar()
    if thread is None:
        thread = uuid4()
        values = {"id": thread, "inbox": root.inbox_id, "subject": root.subject, "at": arrival.at}
        session.execute(_CREATE, owner | place | values)
    adopted = {"message": match.message_id, "enrolment": root.enrolment_id, "channel": arrival.channel}
    session.execute(_ADOPT, {"thread": thread, **adopted})
    return thread


def touch(session: Session, tenant_id: UUID, thread_id: UUID, arrival: Arrival, label: str) -> None:
    """Something new stands in the thread: it is open again, or closed by somebody who wants no answer."""
    inbox = _inbox(session, tenant_id, arrival)
    state = "closed" if label == Label.OPT_OUT else "open"
    values = {"thread": thread_id, "at": arrival.at, "label": label, "inbox": inbox, "state": state}
    session.execute(_TOUCH, values)


def _root(session: Session, tenant_id: UUID, arrival: Arrival, match: Match) -> Root:
    row: Row[Any] | None = None
    if match.message_id:
        row = session.execute(_ROOT, {"message": match.message_id}).one_or_none()
    if row is None:
        return Root(None, None, _inbox(session, tenant_id, arrival), arrival.subject)
    return Root(row.mission_id, row.enrolment_id, row.inbox_id, row.subject or arrival.subject)


def _inbox(session: Session, tenant_id: UUID, arrival: Arrival) -> UUID | None:
    """The inbox that a message came to, whatever tag its address bears."""
    addresses = {bare for each in arrival.recipient.split(", ") for bare in _untagged(each.lower())}
    values = {"tenant": tenant_id, "channel": arrival.channel, "addresses": sorted(addresses)}
    found: UUID | None = session.execute(_INBOX, values).scalar()
    return found


def _untagged(address: str) -> tuple[str, str]:
    local, at, domain = address.rpartition("@")
    return address, f"{local.partition('+')[0]}{at}{domain}"
