"""What happened to a person or to one message, newest first: one statement over all the places where it is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.explain import wording
from rex_celery.explain.views import Event
from rex_celery.missions import views

# Each kind of event comes with what its words are made of: (a, b, c). Of one message its own only.
_EVENTS = text("""
WITH mine AS MATERIALIZED (
  SELECT m.* FROM messages AS m WHERE m.lead_id = :lead AND (CAST(:message AS uuid) IS NULL OR m.id = :message)
), stops AS NOT MATERIALIZED (
  -- One look by each index; a single condition with OR would read the whole ledger.
  SELECT id, lead_id, email, phone, domain, scope, reason, source, created_at FROM suppressions
  WHERE tenant_id = (SELECT tenant_id FROM leads WHERE id = :lead)
), everything AS (
  SELECT at, 'agent' AS kind, agent AS by, mission_id, CAST(NULL AS uuid) AS message_id, reason, state AS a,
    CAST(NULL AS text) AS b, CAST(NULL AS text) AS c
  FROM lead_history WHERE lead_id = :lead AND CAST(:message AS uuid) IS NULL
  UNION ALL SELECT created_at, 'written', 'personalizer', mission_id, id, NULL, channel, step_key, NULL FROM mine
    WHERE step_key NOT LIKE 'answer:%'
  UNION ALL SELECT created_at, 'answer_written', '', mission_id, id, NULL, channel, NULL, NULL FROM mine
    WHERE step_key LIKE 'answer:%'
  UNION ALL SELECT edited_at, 'edited', '', mission_id, id, NULL, channel, NULL, NULL FROM mine
  UNION ALL SELECT approved_at, 'approved', '', mission_id, id, NULL, channel, NULL, NULL FROM mine
  UNION ALL SELECT sent_at, CASE WHEN step_key LIKE 'answer:%' THEN 'answered' ELSE 'sent' END, coalesce(provider, ''),
    mission_id, id, NULL, channel, step_key, NULL FROM mine
  UNION ALL SELECT human_click_at, 'clicked', '', mission_id, id, NULL, channel, NULL, NULL FROM mine
  UNION ALL SELECT f.at, 'delivery', f.provider, m.mission_id, m.id, NULL, f.kind, f.source,
    concat_ws(' ', nullif(f.code, ''), nullif(f.classification, ''), nullif(f.evidence, ''))
  FROM delivery_facts AS f JOIN mine AS m ON m.id = f.message_id
  UNION ALL SELECT received_at, 'received', channel, NULL, message_id, NULL, kind, label, labelled_by FROM replies
    WHERE lead_id = :lead AND (CAST(:message AS uuid) IS NULL OR message_id = :message)
  UNION ALL SELECT s.created_at, 'suppressed', s.source, NULL, NULL, s.reason, s.scope, NULL, NULL
  FROM leads AS l CROSS JOIN LATERAL (
    SELECT * FROM stops WHERE lead_id = l.id UNION SELECT * FROM stops WHERE email = l.email
    UNION SELECT * FROM stops WHERE phone = l.phone UNION SELECT * FROM stops WHERE domain = ANY(ARRAY(
      SELECT array_to_string(labels[n:], '.') FROM string_to_array(split_part(l.email, '@', 2), '.') AS labels
      CROSS JOIN LATERAL generate_series(1, cardinality(labels)) AS n))
  ) AS s WHERE l.id = :lead AND CAST(:message AS uuid) IS NULL
  UNION ALL SELECT given_at, 'consented', source, NULL, NULL, NULL, channel, NULL, NULL FROM consents
    WHERE lead_id = :lead AND CAST(:message AS uuid) IS NULL
  UNION ALL SELECT withdrawn_at, 'withdrew', source, NULL, NULL, NULL, channel, NULL, NULL FROM consents
    WHERE lead_id = :lead AND CAST(:message AS uuid) IS NULL
  UNION ALL SELECT e.started_at, 'enrolled', '', e.mission_id, NULL, NULL, q.name, CAST(e.version AS text), NULL
  FROM enrolments AS e JOIN sequences AS q ON q.id = e.sequence_id
  WHERE e.lead_id = :lead AND CAST(:message AS uuid) IS NULL
  UNION ALL SELECT e.ended_at, 'ended', '', e.mission_id, NULL, e.reason, e.state, q.name, NULL
  FROM enrolments AS e JOIN sequences AS q ON q.id = e.sequence_id
  WHERE e.lead_id = :lead AND CAST(:message AS uuid) IS NULL
  UNION ALL SELECT created_at, 'booked', provider, mission_id, NULL, NULL,
    to_char(starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), NULL, NULL FROM meetings
    WHERE lead_id = :lead AND CAST(:message AS uuid) IS NULL
  UNION ALL SELECT cancelled_at, 'meeting_cancelled', provider, mission_id, NULL, NULL,
    to_char(starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), NULL, NULL FROM meetings
    WHERE lead_id = :lead AND CAST(:message AS uuid) IS NULL
  UNION ALL SELECT created_at, 'known', '', NULL, NULL, NULL, source, NULL, NULL FROM leads
    WHERE id = :lead AND CAST(:message AS uuid) IS NULL
)
SELECT * FROM everything WHERE at IS NOT NULL AND (CAST(:before AS timestamptz) IS NULL OR at < :before)
ORDER BY at DESC, kind, mission_id, message_id, a LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a timeline: the newest ``limit`` events, with ``before`` of the older ones."""

    limit: int = 100
    before: datetime | None = None


def read(session: Session, lead_id: UUID, part: Part, message_id: UUID | None = None) -> list[Event]:
    """Events of a person, or of one of their messages, newest first; one more than ``part`` asks for, if there is."""
    values = {"lead": lead_id, "message": message_id, "limit": part.limit + 1, "before": part.before}
    return [_event(row) for row in session.execute(_EVENTS, values)]


def _event(row: Row[Any]) -> Event:
    kind, words = wording.of(row)
    return Event(row.at, kind, words, row.by, row.mission_id, row.message_id, views.why(row.reason))
