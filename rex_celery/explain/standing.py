"""A message with everything around it that decides when it goes, in one statement."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.errors import NotFoundError
from rex_celery.explain import inbox_holds
from rex_celery.outreach.cap_scopes import Ask, Own
from rex_celery.outreach.looking import DEFERRED_FOR, is_answer

Standing = Row[Any]

_STANDING = text(f"""
SELECT m.id, m.tenant_id, m.lead_id, m.mission_id, m.enrolment_id, m.position, m.step_key, m.channel, m.framework,
  m.state, m.recipient_provider, m.run_after, m.wait_reason, m.inbox_id, m.approved_at,
  l.timezone, l.timezone_source, l.country, l.region, l.phone,
  e.campaign_id, e.sequence_id, e.version, e.sent, e.resume_at,
  s.paused_at AS mission_paused_at, s.state AS mission_state, s.reason AS mission_reason,
  c.paused_at AS campaign_paused_at, i.domain, i.per_day, i.per_hour, {inbox_holds.COLUMNS},
  ARRAY(SELECT d.step_key FROM messages AS d WHERE d.enrolment_id = m.enrolment_id AND d.human_click_at IS NOT NULL)
    AS clicked,
  EXISTS (SELECT FROM messages AS d WHERE d.enrolment_id = m.enrolment_id AND d.state = 'deferred'
    AND d.sent_at > :since) AS deferred,
  (SELECT d.step_key FROM messages AS d WHERE d.enrolment_id = m.enrolment_id AND d.position < m.position
     AND message_counts_as(d.state) IN ('sent', 'pending') ORDER BY d.position DESC LIMIT 1) AS step_before
FROM messages AS m JOIN missions AS s ON s.id = m.mission_id JOIN tenants AS t ON t.id = m.tenant_id
LEFT JOIN leads AS l ON l.id = m.lead_id LEFT JOIN enrolments AS e ON e.id = m.enrolment_id
LEFT JOIN campaigns AS c ON c.id = e.campaign_id LEFT JOIN inboxes AS i ON i.id = m.inbox_id
LEFT JOIN breakers AS b ON b.inbox_id = m.inbox_id
WHERE m.id = :message
""")


def of(session: Session, message_id: UUID, now: datetime) -> Standing:
    """The message and what is around it at ``now``.

    Raises:
        NotFoundError: the tenant has no such message.

    """
    row = session.execute(_STANDING, {"message": message_id, "since": now - DEFERRED_FOR}).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no message {message_id}.", code="message_not_found")
    return row


def ask(row: Standing) -> Ask:
    """What it would count towards if it left now."""
    return Ask(
        message_id=row.id,
        lead_id=row.lead_id,
        inbox_id=row.inbox_id,
        domain=row.domain or "",
        recipient_provider=row.recipient_provider or "",
        campaign=row.campaign_id or row.mission_id,
        new_lead=row.sent == 0,
        held=not is_answer(row),
    )


def own(row: Standing) -> Own:
    """The caps of its own inbox."""
    return Own(row.per_day, row.per_hour)
