"""Taking in suppression lists: streamed, in parts that each stand once stored, and harmless to take in again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import bus, clock, db
from rex_celery.compliance import suppression
from rex_celery.compliance.suppression import Stop
from rex_celery.events import LeadSuppressed
from rex_celery.leads.rows import Rejection
from rex_celery.ledgers import entries, tables
from rex_celery.ledgers.entries import Entry
from rex_celery.tenancy import audit

log = structlog.get_logger()

PART = 2_000
# What an answer can hold; of a file that is wrong from end to end nobody reads more.
MOST_SHOWN = 10_000

# Two lists with the same people at once would each find that the other's are not there yet.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('suppressions ' || :tenant, 0))")
_LIST = """unnest(CAST(:emails AS text[]), CAST(:phones AS text[]), CAST(:domains AS text[]), CAST(:scopes AS text[]),
    CAST(:reasons AS text[]), CAST(:evidence AS jsonb[])) AS v(email, phone, domain, scope, reason, evidence)"""
_KNOWN = """s.tenant_id = :tenant AND s.reason = v.reason AND s.scope IN ('all', v.scope)"""
# A look-up by its index for each row, whatever the statistics say of a table that grows meanwhile.
_ENTER = text(f"""
INSERT INTO suppressions (id, tenant_id, email, phone, domain, scope, reason, source, evidence, created_at)
SELECT gen_random_uuid(), :tenant, v.email, v.phone, v.domain, v.scope, v.reason, :source, v.evidence, :now
FROM {_LIST}
WHERE NOT CASE
  WHEN v.domain IS NOT NULL THEN EXISTS (SELECT FROM suppressions AS s WHERE {_KNOWN} AND s.domain = v.domain)
  WHEN v.email IS NOT NULL THEN EXISTS (SELECT FROM suppressions AS s WHERE {_KNOWN} AND s.email = v.email
    AND (v.phone IS NULL OR s.phone = v.phone))
  ELSE EXISTS (SELECT FROM suppressions AS s WHERE {_KNOWN} AND s.phone = v.phone) END
RETURNING 1
""")
_PEOPLE = text("""
SELECT id FROM leads WHERE tenant_id = :tenant AND email = ANY(CAST(:emails AS text[]))
UNION SELECT id FROM leads WHERE tenant_id = :tenant AND phone = ANY(CAST(:phones AS text[]))
""")
# One look at all addresses for all domains of the list, by each of an address's domains.
_THERE = text("""
SELECT DISTINCT l.id FROM leads AS l
CROSS JOIN LATERAL string_to_array(split_part(l.email, '@', 2), '.') AS labels
CROSS JOIN LATERAL generate_series(1, cardinality(labels)) AS n
JOIN unnest(CAST(:domains AS text[])) AS d(domain) ON d.domain = array_to_string(labels[n:], '.')
WHERE l.tenant_id = :tenant AND l.email IS NOT NULL
""")


@dataclass(frozen=True, slots=True)
class ListTaken:
    """What became of a list: ``rows = added + known + rejected``; ``rejections`` are the first 10 000."""

    rows: int
    added: int
    known: int
    rejected: int
    rejections: tuple[Rejection, ...]


@dataclass(slots=True)
class _Count:
    rows: int = 0
    added: int = 0
    rejected: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    domains: dict[tuple[str, str], set[str]] = field(default_factory=dict)


def take_in(stream: BinaryIO, tenant_id: UUID, stop: Stop, actor: str) -> ListTaken:
    """Take in a CSV list of addresses, numbers and domains; ``stop`` has the reason and scope where a row gives none.

    Each part of 2 000 rows is stored for good: whoever is refused in the middle may take the whole list in again.

    Raises:
        InvalidError: it is no CSV, or has none of the columns.

    """
    count = _Count()
    rows = tables.read(stream, entries.COLUMNS, entries.field_of)
    while part := list(islice(rows, PART)):
        _take_part(tenant_id, _entries(part, count, stop), stop, count)
    with db.transaction(tenant_id) as session:
        for (reason, scope), domains in sorted(count.domains.items()):
            there = session.scalars(_THERE, {"tenant": tenant_id, "domains": sorted(domains)}).all()
            suppression.take_back(session, tenant_id, there, Stop(reason, stop.source, scope=scope))
        told = {"rows": count.rows, "added": count.added, "rejected": count.rejected}
        audit.record(session, actor, "suppressions.imported", details=dict(told))
        if count.added:
            bus.publish(session, tenant_id, LeadSuppressed(None, None, stop.reason))
    log.info("suppressions_imported", **told)
    known = count.rows - count.added - count.rejected
    return ListTaken(count.rows, count.added, known, count.rejected, tuple(count.rejections))


def _entries(part: Sequence[tables.Line | Rejection], count: _Count, stop: Stop) -> list[Entry]:
    found: dict[tuple[object, ...], Entry] = {}
    for line in part:
        one = line if isinstance(line, Rejection) else entries.entry(line)
        if isinstance(one, Rejection):
            count.rejected += 1
            count.rejections += [one] if len(count.rejections) < MOST_SHOWN else []
            continue
        reason, scope = one.reason or stop.reason, one.scope or stop.scope
        found.setdefault((one.person, reason, scope), Entry(one.person, reason, scope, one.evidence))
        if one.person.domain:
            count.domains.setdefault((reason, scope), set()).add(one.person.domain)
    count.rows += len(part)
    return list(found.values())


def _take_part(tenant_id: UUID, found: Sequence[Entry], stop: Stop, count: _Count) -> None:
    values = {
        "tenant": tenant_id,
        "source": stop.source,
        "now": clock.now(),
        "emails": [one.person.email for one in found],
        "phones": [one.person.phone for one in found],
        "domains": [one.person.domain for one in found],
        "scopes": [one.scope for one in found],
        "reasons": [one.reason for one in found],
        "evidence": [json.dumps({"note": one.evidence} if one.evidence else {}) for one in found],
    }
    with db.transaction(tenant_id) as session:
        session.execute(_LOCK, {"tenant": str(tenant_id)})
        count.added += len(session.execute(_ENTER, values).all())
        _stop(session, tenant_id, found, stop.source)


def _stop(session: Session, tenant_id: UUID, found: Sequence[Entry], source: str) -> None:
    """Also for those who were known: something may have been planned for them since."""
    for reason, scope in sorted({(one.reason, one.scope) for one in found}):
        those = [one.person for one in found if (one.reason, one.scope) == (reason, scope)]
        who = {"emails": [one.email for one in those], "phones": [one.phone for one in those]}
        people = session.scalars(_PEOPLE, {"tenant": tenant_id, **who}).all()
        suppression.take_back(session, tenant_id, people, Stop(reason, source, scope=scope))
