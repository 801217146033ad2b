"""Taking in lists of consents: each row names a person who is known, a channel, the words and the day."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO
from uuid import UUID

import structlog
from sqlalchemy import Row, text

from rex_celery import clock, db
from rex_celery.leads.rows import Rejection
from rex_celery.ledgers import agreements, tables
from rex_celery.ledgers.agreements import LONGEST, Given
from rex_celery.ledgers.suppression_lists import MOST_SHOWN, PART, ListTaken
from rex_celery.ledgers.tables import Line
from rex_celery.tenancy import audit

log = structlog.get_logger()

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('consents ' || :tenant, 0))")
# The person by e-mail address, else by a number that is one person's only.
_KEEP = text("""
WITH given AS (
  SELECT v.*, coalesce(
    (SELECT id FROM leads WHERE tenant_id = :tenant AND email = v.email),
    (SELECT min(id::text)::uuid FROM leads WHERE tenant_id = :tenant AND phone = v.phone HAVING count(*) = 1)
  ) AS lead_id
  FROM unnest(CAST(:lines AS bigint[]), CAST(:emails AS text[]), CAST(:phones AS text[]), CAST(:channels AS text[]),
    CAST(:sources AS text[]), CAST(:wordings AS text[]), CAST(:givens AS timestamptz[]), CAST(:ends AS timestamptz[]),
    CAST(:evidence AS jsonb[])) AS v(line, email, phone, channel, source, wording, given_at, withdrawn_at, evidence)
), stored AS (
  INSERT INTO consents (id, tenant_id, lead_id, channel, source, wording, given_at, withdrawn_at, evidence, recorded_by)
  SELECT DISTINCT ON (lead_id, channel, source, wording, given_at) gen_random_uuid(), :tenant, lead_id, channel, source,
    wording, given_at, withdrawn_at, evidence, :actor
  FROM given AS g WHERE lead_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM consents AS c WHERE c.lead_id = g.lead_id AND c.channel = g.channel AND c.source = g.source
      AND c.wording = g.wording AND c.given_at = g.given_at)
  RETURNING 1
)
SELECT (SELECT count(*) FROM stored) AS added, array(SELECT line FROM given WHERE lead_id IS NULL) AS strangers
""")


@dataclass(slots=True)
class _Count:
    rows: int = 0
    added: int = 0
    rejected: int = 0
    rejections: list[Rejection] = field(default_factory=list)

    def reject(self, one: Rejection) -> None:
        self.rejected += 1
        if len(self.rejections) < MOST_SHOWN:
            self.rejections.append(one)


def take_in(stream: BinaryIO, tenant_id: UUID, actor: str) -> ListTaken:
    """Take in a CSV list of consents of known people; the same again adds nothing.

    Raises:
        InvalidError: it is no CSV, or has none of the columns.

    """
    count = _Count()
    rows = tables.read(stream, agreements.COLUMNS, lambda _: None)
    while part := list(islice(rows, PART)):
        count.rows += len(part)
        _take_part(tenant_id, part, actor, count)
    told = {"rows": count.rows, "added": count.added, "rejected": count.rejected}
    with db.transaction(tenant_id) as session:
        audit.record(session, actor, "consents.imported", details=dict(told))
    log.info("consents_imported", **told)
    known = count.rows - count.added - count.rejected
    rejections = tuple(sorted(count.rejections, key=lambda one: one.line))
    return ListTaken(count.rows, count.added, known, count.rejected, rejections)


def _take_part(tenant_id: UUID, part: Sequence[Line | Rejection], actor: str, count: _Count) -> None:
    given: dict[int, Given] = {}
    for line in part:
        one = line if isinstance(line, Rejection) else agreements.given(line, clock.now())
        if isinstance(one, Rejection):
            count.reject(one)
        else:
            given[one.line.number] = one
    stored = _keep(tenant_id, list(given.values()), actor)
    count.added += stored.added
    for number in stored.strangers:
        column = "email" if given[number].email else "phone"
        count.reject(given[number].line.reject(column, "nobody of your leads; import the person first"))


def _keep(tenant_id: UUID, given: Sequence[Given], actor: str) -> Row[Any]:
    values = {
        "tenant": tenant_id,
        "actor": actor,
        "lines": [one.line.number for one in given],
        "emails": [one.email for one in given],
        "phones": [one.phone for one in given],
        "channels": [one.channel for one in given],
        "sources": [one.line.cells["source"][:LONGEST] for one in given],
        "wordings": [one.line.cells["wording"][:LONGEST] for one in given],
        "givens": [one.given_at for one in given],
        "ends": [one.withdrawn_at for one in given],
        "evidence": [json.dumps(_evidence(one.line)) for one in given],
    }
    with db.transaction(tenant_id) as session:
        session.execute(_LOCK, {"tenant": str(tenant_id)})
        return session.execute(_KEEP, values).one()


def _evidence(line: Line) -> dict[str, str]:
    told = line.cells.get("evidence", "")[:LONGEST]
    return {"note": told} if told else {}
