"""Who else at a company is on their way through a sequence: when one of them answers, the others are left alone."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.outreach import policies, recipients

# Under the domains of documentation (RFC 2606) each name stands for a company of its own, and nobody shares one.
_DOCUMENTATION = frozenset({"example.com", "example.net", "example.org"})

_EMAIL = text("SELECT email FROM leads WHERE id = :lead")
_ACTIVE = text("""
SELECT e.lead_id, e.campaign_id, l.email FROM enrolments AS e JOIN leads AS l ON l.id = e.lead_id
WHERE e.tenant_id = :tenant AND e.state = 'active' AND e.lead_id <> :lead
  AND (l.email LIKE '%@' || :domain OR l.email LIKE '%.' || :domain)
ORDER BY e.lead_id
""")


def company_of(address: str) -> str | None:
    """The registrable domain of somebody's company; None where anybody gets an address."""
    host = address.rpartition("@")[2].lower()
    if not host or recipients.is_free_mail(host) or host in _DOCUMENTATION:
        return None
    domain = recipients.registrable(host)
    return host if domain in _DOCUMENTATION else domain


def colleagues(session: Session, tenant_id: UUID, lead_id: UUID) -> list[UUID]:
    """Active people of the same company whose campaign stops with an answer of a colleague."""
    address = session.execute(_EMAIL, {"lead": lead_id}).scalar()
    company = company_of(address) if address else None
    if company is None:
        return []
    rows = session.execute(_ACTIVE, {"tenant": tenant_id, "lead": lead_id, "domain": company}).all()
    stopping = {each: policies.of(session, tenant_id, each).company_stop for each in {row.campaign_id for row in rows}}
    same = (row for row in rows if company_of(row.email) == company)
    return [row.lead_id for row in same if stopping[row.campaign_id]]
