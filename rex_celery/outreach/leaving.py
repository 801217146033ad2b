"""The last look before messages are handed over; from its yes on the ledger holds them as submitted."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.compliance import suppression
from rex_celery.outreach.looking import Claimed

_LOCK = text("""
SELECT FROM enrolments WHERE id = ANY(CAST(:enrolments AS uuid[])) ORDER BY id FOR NO KEY UPDATE
""")
# The number of attempts is the claim's token: a sender that was taken over changes nothing any more.
_SUBMIT = text("""
UPDATE messages AS m SET state = 'submitted', submitted_at = :now
FROM unnest(CAST(:ids AS uuid[]), CAST(:attempts AS int[])) AS v(id, attempts), missions AS s, tenants AS t
WHERE m.id = v.id AND m.attempts = v.attempts AND m.state = 'claimed' AND s.id = m.mission_id AND t.id = m.tenant_id
  AND t.sending_stopped_at IS NULL AND NOT m.lead_id = ANY(CAST(:stopped AS uuid[]))
  AND (m.enrolment_id IS NULL OR (
    s.paused_at IS NULL AND s.state IN ('executing', 'collecting') AND EXISTS (
      SELECT FROM enrolments AS e LEFT JOIN campaigns AS c ON c.id = e.campaign_id
      WHERE e.id = m.enrolment_id AND (e.state = 'active') IS TRUE AND c.paused_at IS NULL
        AND (e.resume_at IS NULL OR e.resume_at <= :now))))
RETURNING m.id
""")


def submit(session: Session, messages: Collection[Claimed], now: datetime) -> set[UUID]:
    """Those of these claimed messages, all of one channel, that may leave now; a stop being stored is waited for."""
    enrolments = sorted({one.row.enrolment_id for one in messages if one.row.enrolment_id})
    session.execute(_LOCK, {"enrolments": enrolments})
    channels = {one.row.channel for one in messages}
    leads = [one.row.lead_id for one in messages]
    stopped = [lead for channel in channels for lead in suppression.suppressed_among(session, leads, channel)]
    going = {one.row.recipient for one in messages}
    shut = {each for channel in channels for each in suppression.suppressed_addresses(session, going, channel)}
    allowed = [one for one in messages if one.row.recipient not in shut]
    values = {
        "ids": [one.id for one in allowed],
        "attempts": [one.row.attempts for one in allowed],
        "stopped": stopped,
        "now": now,
    }
    return set(session.scalars(_SUBMIT, values))
