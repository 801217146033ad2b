"""What agents read of the leads and messages in their chunk."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.work import WorkRef

_LEADS = text("""
SELECT o.lead_id, o.strategy, o.channel, l.email, l.phone, l.linkedin_url, l.first_name, l.company, l.city,
  l.last_activity, l.last_activity_on, l.activities, l.deal_stage, l.deal_value, l.notes
FROM outcomes AS o JOIN leads AS l ON l.id = o.lead_id
WHERE o.mission_id = :mission AND o.chunk_no = :chunk AND o.state = 'pending' ORDER BY o.lead_id
""")
_MESSAGES = text("""
SELECT m.id, m.lead_id, m.channel, m.recipient, m.subject, m.body, m.framework, m.position, l.first_name,
  m.subject = '' AND EXISTS (
    SELECT FROM messages AS b WHERE b.mission_id = m.mission_id AND b.lead_id = m.lead_id AND b.channel = 'email'
      AND b.position < m.position AND b.subject <> '' AND b.state = 'planned') AS in_thread
FROM messages AS m JOIN outcomes AS o ON o.mission_id = m.mission_id AND o.lead_id = m.lead_id
JOIN leads AS l ON l.id = m.lead_id
WHERE m.mission_id = :mission AND m.chunk_no = :chunk AND m.state = 'planned' AND o.state = 'pending'
ORDER BY m.lead_id, m.position
""")


def pending_leads(session: Session, ref: WorkRef) -> Sequence[Row[Any]]:
    """The leads of a chunk that are still pending."""
    return session.execute(_LEADS, {"mission": ref.mission_id, "chunk": ref.chunk_no}).all()


def planned_messages(session: Session, ref: WorkRef) -> Sequence[Row[Any]]:
    """The messages of a chunk that are written and not yet claimed, of leads that are still pending, by lead in order.

    ``in_thread``: it has no subject of its own because it goes into the thread of an earlier e-mail.
    """
    return session.execute(_MESSAGES, {"mission": ref.mission_id, "chunk": ref.chunk_no}).all()
