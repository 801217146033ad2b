"""Which of our people wrote, by the address or number that a message came from."""

import re
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.leads import identity
from rex_celery.leads.identity import InvalidValueError
from rex_celery.outreach import companies

# What mail programs put before a subject when they answer or hand on, in the languages that REX meets most.
_PREFIXES = re.compile(r"^(?:(?:re|fwd?|aw|wg|sv|vs|antw|rv|tr|res|enc)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_GMAIL = frozenset({"gmail.com", "googlemail.com"})

_BY_ADDRESS = text("""
SELECT id FROM leads WHERE tenant_id = :tenant AND email = ANY(CAST(:addresses AS text[]))
ORDER BY email <> :address, id LIMIT 1
""")
# Only among people who were written to: the list may hold a million, of whom nobody can be meant who got nothing.
_BY_ALIAS = text("""
SELECT l.id FROM enrolments AS e JOIN leads AS l ON l.id = e.lead_id
WHERE e.tenant_id = :tenant AND strpos(lower(CAST(l.extra AS text)), :address) > 0
  AND lower(CAST(l.extra AS text)) ~ ('(^|[^a-z0-9._%+-])' || :pattern || '($|[^a-z0-9.-])')
ORDER BY e.started_at DESC, l.id LIMIT 1
""")
_BY_COMPANY = text("""
SELECT l.id, l.email, m.subject FROM enrolments AS e JOIN leads AS l ON l.id = e.lead_id
JOIN messages AS m ON m.enrolment_id = e.id
WHERE (l.email LIKE '%@' || :domain OR l.email LIKE '%.' || :domain) AND m.channel = 'email' AND m.subject <> ''
ORDER BY e.started_at DESC, l.id LIMIT 100
""")
_BY_PHONE = text("""
SELECT l.id FROM leads AS l LEFT JOIN LATERAL (
  SELECT max(m.sent_at) AS at FROM messages AS m WHERE m.lead_id = l.id AND m.channel = 'sms') AS last ON true
WHERE l.tenant_id = :tenant AND l.phone = :number ORDER BY last.at DESC NULLS LAST, l.id
""")


def normalised(address: str) -> str | None:
    """An e-mail address in the spelling that leads have, or None if it is none."""
    try:
        return identity.email(address)
    except InvalidValueError:
        return None


def by_address(session: Session, tenant_id: UUID, address: str) -> UUID | None:
    """The person with this address, or with the same mailbox under another spelling."""
    values = {"tenant": tenant_id, "address": address, "addresses": sorted(spellings(address))}
    found: UUID | None = session.execute(_BY_ADDRESS, values).scalar()
    return found


def by_alias(session: Session, tenant_id: UUID, address: str) -> UUID | None:
    """The enrolled person whose record names this address in a column that REX has no field for."""
    values = {"tenant": tenant_id, "address": address, "pattern": re.escape(address)}
    found: UUID | None = session.execute(_BY_ALIAS, values).scalar()
    return found


def by_company_and_subject(session: Session, address: str, subject: str) -> UUID | None:
    """Somebody at the sender's company whom we wrote to under this subject: a hint, no more."""
    wanted, company = plain_subject(subject), companies.company_of(address)
    if not wanted or company is None:
        return None
    rows = session.execute(_BY_COMPANY, {"domain": company})
    return next((row.id for row in rows if plain_subject(row.subject) == wanted), None)


def by_phone(session: Session, tenant_id: UUID, number: str) -> list[UUID]:
    """Everybody with this number (E.164), who was texted last first."""
    return list(session.scalars(_BY_PHONE, {"tenant": tenant_id, "number": number}))


def spellings(address: str) -> frozenset[str]:
    """Addresses that reach the same mailbox: without a tag, and at Gmail without dots and under both its names."""
    local, _, domain = address.rpartition("@")
    bare = local.partition("+")[0]
    if domain not in _GMAIL:
        return frozenset({address, f"{bare}@{domain}"})
    locals_ = {local, bare, bare.replace(".", "")}
    return frozenset(f"{one}@{name}" for one in locals_ for name in _GMAIL)


def plain_subject(subject: str) -> str:
    """A subject as it was before anybody answered, in lower case."""
    return " ".join(_PREFIXES.sub("", " ".join(subject.split())).casefold().split())
