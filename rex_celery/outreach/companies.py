"""Who else at a company is on their way through a sequence: when one of them answers, the others are left alone."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.outreach import policies, recipients

_EMAIL = text("SELECT email FROM leads WHERE id = :lead")
_ACTIVE = text("""
SELECT e.lead_id, e.campaign_id, l.email FROM enrolments AS e JOIN leads AS l ON l.id = e.lead_id
WHERE e.tenant_id = :tenant AND e.state = 'active' AND e.lead_id <> :lead
  AND (l.email LIKE '%@' || :domain OR l.email LIKE '%.' || :domain)
ORDER BY e.lead_id
""")


def colleagues(session: Session, tenant_id: UUID, lead_id: UUID) -> list[UUID]:
    """Active people at the same registrable domain whose campaign stops with an answer of a colleague."""
    address = session.execute(_EMAIL, {"lead": lead_id}).scalar()
    if not address:
        return []
    host = address.rpartition("@")[2]
    if recipients.is_free_mail(host):
        return []
    domain = recipients.registrable(host)
    rows = session.execute(_ACTIVE, {"tenant": tenant_id, "lead": lead_id, "domain": domain}).all()
    stopping = {each: policies.of(session, tenant_id, each).company_stop for each in {row.campaign_id for row in rows}}
    same = (row for row in rows if recipients.registrable(row.email.rpartition("@")[2]) == domain)
    return [row.lead_id for row in same if stopping[row.campaign_id]]
