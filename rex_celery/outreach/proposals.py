"""Proposed answers: messages in the thread and from its inbox that wait for a person; nothing sends itself."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.meetings import links
from rex_celery.outreach import answer_texts
from rex_celery.outreach.answer_texts import Occasion
from rex_celery.outreach.labels import Label

FRAMEWORK = "answer"

_THREAD = text("""
SELECT t.id, t.tenant_id, t.lead_id, t.mission_id, t.inbox_id, t.channel, t.subject, l.first_name, l.email, l.phone,
  coalesce(nullif(i.name, ''), n.sender_name) AS sender_name,
  coalesce(nullif(m.params->>'offer', ''), n.offer) AS offer,
  (SELECT p.id FROM booking_pages AS p WHERE p.tenant_id = t.tenant_id AND p.state = 'active'
   ORDER BY p.created_at, p.id LIMIT 1) AS page_id
FROM threads AS t JOIN leads AS l ON l.id = t.lead_id JOIN tenants AS n ON n.id = t.tenant_id
LEFT JOIN inboxes AS i ON i.id = t.inbox_id LEFT JOIN missions AS m ON m.id = t.mission_id
WHERE t.id = :thread
""")
_REPLY = text("""
SELECT id, external_id, sender, channel FROM replies
WHERE thread_id = :thread AND kind = 'reply' ORDER BY received_at DESC, id LIMIT 1
""")
# It keeps its own key where another answer to the same reply, which left or was taken back, has the reply's.
_REWRITE = text("""
WITH draft AS MATERIALIZED (
  SELECT id FROM messages
  WHERE thread_id = :thread AND state = 'planned' AND wait_reason = 'waiting_approval' AND step_key LIKE 'answer:%'
  ORDER BY created_at DESC, id LIMIT 1 FOR UPDATE)
UPDATE messages AS m SET subject = :subject, body = :body, recipient = :recipient, in_reply_to = :in_reply_to,
  inbox_id = :inbox,
  step_key = CASE WHEN EXISTS (SELECT FROM messages AS o WHERE o.lead_id = m.lead_id AND o.mission_id = m.mission_id
    AND o.channel = m.channel AND o.step_key = :key) THEN m.step_key ELSE :key END
FROM draft AS d WHERE m.id = d.id RETURNING m.id
""")
_WRITE = text("""
INSERT INTO messages (id, tenant_id, mission_id, lead_id, chunk_no, step_key, channel, recipient, subject, body,
  framework, wait_reason, thread_id, inbox_id, in_reply_to)
SELECT :id, :tenant, :mission, :lead, coalesce((SELECT o.chunk_no FROM outcomes AS o
    WHERE o.mission_id = :mission AND o.lead_id = :lead), 0),
  :key, :channel, :recipient, :subject, :body, :framework, 'waiting_approval', :thread, :inbox, :in_reply_to
ON CONFLICT (lead_id, mission_id, step_key, channel) DO NOTHING RETURNING id
""")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A text for a person to send. ``message_id`` None: there is nothing that REX could send it with."""

    subject: str
    body: str
    message_id: UUID | None = None


def propose(session: Session, thread_id: UUID, label: Label) -> Proposal | None:
    """Propose an answer to the newest reply of a thread, in the place of an earlier proposal; None where none fits."""
    thread = thread_of(session, thread_id)
    if thread is None:
        return None
    body = answer_texts.proposed(label, _occasion(thread), short=thread.channel == "sms")
    if body is None:
        return None
    subject = answer_texts.subject_of(thread.subject) if thread.channel == "email" else ""
    return Proposal(subject, body, write(session, thread, subject, body))


def thread_of(session: Session, thread_id: UUID) -> Row[Any] | None:
    """What an answer in a thread is made from; None for a thread with nobody we know."""
    return session.execute(_THREAD, {"thread": thread_id}).one_or_none()


def write(session: Session, thread: Row[Any], subject: str, body: str) -> UUID | None:
    """Keep an answer as the one message of its thread that waits for a person; None where REX could not send it."""
    reply = session.execute(_REPLY, {"thread": thread.id}).one_or_none()
    if reply is None or thread.mission_id is None or thread.inbox_id is None:
        return None
    values = {
        "key": f"answer:{reply.id}",
        "thread": thread.id,
        "inbox": thread.inbox_id,
        "subject": subject,
        "body": body,
        "recipient": reply.sender,
        "in_reply_to": reply.external_id if reply.channel == "email" else None,
    }
    known: UUID | None = session.execute(_REWRITE, values).scalar()
    if known:
        return known
    owner = {"tenant": thread.tenant_id, "mission": thread.mission_id, "lead": thread.lead_id}
    place = {"id": uuid4(), "channel": thread.channel, "framework": FRAMEWORK}
    written: UUID | None = session.execute(_WRITE, values | owner | place).scalar()
    if written is None:
        # The answer to this reply has left already; this is one more.
        again = {"key": f"answer:{reply.id}:{uuid4()}", "id": uuid4()}
        written = session.execute(_WRITE, values | owner | place | again).scalar_one()
    return written


def _occasion(thread: Row[Any]) -> Occasion:
    """With the oldest booking page that is open, where the tenant has one."""
    booking = ""
    if thread.page_id:
        booking = links.booking_link(thread.tenant_id, thread.page_id, thread.lead_id, thread.mission_id)
    return Occasion(thread.first_name or "", thread.sender_name, thread.offer, booking)
