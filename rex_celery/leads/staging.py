"""Merging a batch of people into the leads of a tenant, set by set: by e-mail address, else by telephone."""

from dataclasses import dataclass
from typing import LiteralString, cast
from uuid import UUID

import psycopg
from sqlalchemy.orm import Session

from rex_celery.leads import merging
from rex_celery.leads.batches import COPY_FORMAT, Batch
from rex_celery.leads.rows import LeadRow

_TYPES = {"line": "bigint", "activities": "int", "deal_value": "numeric(14, 2)", "extra": "jsonb"} | dict.fromkeys(
    ("crm_created_on", "last_activity_on"), "date"
)
_COLUMNS = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in LeadRow._fields)
_STAGE = f"""
CREATE TEMP TABLE incoming ({_COLUMNS}) ON COMMIT DROP;
CREATE TEMP TABLE refused (line bigint, "column" text, value text, reason text) ON COMMIT DROP;
-- Whatever the statistics say of a table that just grew: a batch is looked up by index, never by reading all leads.
SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off
"""
_COPY_LEADS = f"COPY incoming FROM STDIN {COPY_FORMAT}"
_COPY_REFUSED = f"COPY refused FROM STDIN {COPY_FORMAT}"
_STORE_REFUSED = """
INSERT INTO import_rejections (tenant_id, import_id, line, "column", value, reason)
SELECT %(tenant)s, %(import)s, line, "column", value, reason FROM refused ORDER BY line
"""
# A lead known by its telephone only, and a row with that telephone and a new address: now the address is known.
_ADOPT = """
UPDATE leads AS l SET email = i.email
FROM (
  SELECT DISTINCT ON (phone) phone, email FROM incoming AS n
  WHERE email IS NOT NULL AND phone IS NOT NULL
    AND NOT EXISTS (SELECT FROM leads AS k WHERE k.tenant_id = %(tenant)s AND k.email = n.email)
  ORDER BY phone, line
) AS i
WHERE l.tenant_id = %(tenant)s AND l.phone = i.phone AND l.email IS NULL
"""
# A row without an address joins the lead that is known by that telephone only, else the oldest that has it.
_RECOGNISE = """
UPDATE incoming AS i SET email = (
  SELECT l.email FROM leads AS l WHERE l.tenant_id = %(tenant)s AND l.phone = i.phone
  ORDER BY l.email IS NULL DESC, l.created_at, l.id LIMIT 1
)
"""
_FIELDS = ", ".join(name for name in LeadRow._fields if name not in {"line", "extra"})
_MERGE = """
WITH taken AS (
  INSERT INTO leads AS l (id, tenant_id, {fields}, extra)
  SELECT (%(prefix)s || lpad(to_hex(line), 12, '0'))::uuid, %(tenant)s, {fields}, coalesce(extra, '{{}}')
  FROM incoming WHERE {who} ORDER BY line
  ON CONFLICT {arbiter} DO UPDATE SET {assignments}
  RETURNING id, xmax = 0 AS created
), listed AS (
  INSERT INTO import_members (import_id, lead_id, tenant_id) SELECT %(import)s, id, %(tenant)s FROM taken
  ON CONFLICT DO NOTHING RETURNING 1
)
SELECT count(*) FILTER (WHERE created), (SELECT count(*) FROM listed) FROM taken
"""


def _merge(who: str, arbiter: str) -> str:
    return _MERGE.format(fields=_FIELDS, who=who, arbiter=arbiter, assignments=merging.assignments("l", "excluded"))


_BY_EMAIL = _merge("email IS NOT NULL", "(tenant_id, email) WHERE email IS NOT NULL")
_BY_PHONE = _merge("email IS NULL", "(tenant_id, phone) WHERE email IS NULL AND phone IS NOT NULL")


@dataclass(frozen=True, slots=True)
class Taken:
    """How many leads a batch made, and how many people joined the list by it."""

    created: int
    members: int

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(self.created + other.created, self.members + other.members)


@dataclass(frozen=True, slots=True)
class Stage:
    """The place inside one transaction where batches are put before they are merged."""

    connection: psycopg.Connection[tuple[int, int]]
    values: dict[str, str]

    def take(self, batch: Batch) -> Taken:
        """Store one batch: its people merged into the leads, its rejected rows with their reasons."""
        self._run("TRUNCATE incoming, refused")
        if batch.rejections:
            self._copy(_COPY_REFUSED, batch.rejections)
            self._run(_STORE_REFUSED)
        if not batch.leads:
            return Taken(0, 0)
        self._copy(_COPY_LEADS, batch.leads)
        self._run(_ADOPT)
        taken = self._count(_BY_EMAIL)
        if batch.by_phone:
            self._run("DELETE FROM incoming WHERE email IS NOT NULL")
            self._run(_RECOGNISE)
            taken += self._count(_BY_EMAIL) + self._count(_BY_PHONE)
        return taken

    def _copy(self, statement: LiteralString, rows: str) -> None:
        with self.connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(rows)

    def _run(self, statement: LiteralString) -> None:
        # A plan made while the table was small must not be kept for when it is large.
        self.connection.execute(statement, self.values, prepare=False)

    def _count(self, statement: LiteralString) -> Taken:
        row = self.connection.execute(statement, self.values, prepare=False).fetchone()
        return Taken(*row) if row else Taken(0, 0)


def open_stage(session: Session, tenant_id: UUID, import_id: UUID, id_prefix: str) -> Stage:
    """Make the stage in this session's transaction, with which it also ends."""
    connection = cast("psycopg.Connection[tuple[int, int]]", session.connection().connection.driver_connection)
    connection.execute(_STAGE)
    values = {"tenant": str(tenant_id), "import": str(import_id), "prefix": id_prefix}
    return Stage(connection, values)
