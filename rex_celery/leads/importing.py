"""Taking in a list of people: read once in flat memory, normalised, merged with who is known, all or nothing.

One thread reads and normalises the next batch while Postgres merges the last one, so both cores are busy and at most
two batches are in memory. Everything is one transaction: a list that breaks off in the middle leaves no trace.
"""

import secrets
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO
from uuid import UUID, uuid4

import psycopg
import structlog
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from rex_celery import bus, clock, db
from rex_celery.errors import UnavailableError
from rex_celery.events import LeadsImported
from rex_celery.leads import columns, reading, staging
from rex_celery.leads.batches import Batch, batches
from rex_celery.leads.normalising import Normaliser
from rex_celery.models import AuditEntry, Import

log = structlog.get_logger()

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('leads ' || :tenant, 0))")


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a list: ``rows = created + merged + rejected``; ``members`` are the distinct people it named."""

    id: UUID
    filename: str
    encoding: str
    columns: Mapping[str, str]
    rows: int = 0
    created: int = 0
    merged: int = 0
    rejected: int = 0
    members: int = 0


def import_csv(
    stream: BinaryIO, *, tenant_id: UUID, filename: str, mapping: Mapping[str, str] | None, actor: str
) -> ImportResult:
    """Take in a CSV file; ``mapping`` (column to field, empty to leave it out) settles what the header leaves open.

    Raises:
        InvalidError: the file or the mapping cannot be used; nothing was stored.
        UnavailableError: Postgres does not answer; nothing was stored.

    """
    table = reading.open_table(stream)
    layout = columns.layout(table.header, table.sample, mapping)
    result = ImportResult(uuid4(), filename, table.encoding, layout.columns())
    with _lost_server_told(), db.transaction(tenant_id) as session:
        # Two lists of one tenant with the same people in another order would wait for each other for ever.
        session.execute(_LOCK, {"tenant": str(tenant_id)})
        stored = _begin(session, tenant_id, result)
        stage = staging.open_stage(session, tenant_id, result.id, _id_prefix())
        for batch in _read_ahead(batches(table.rows, Normaliser(layout, table.sample))):
            result = _counted(result, batch, stage.take(batch))
        _finish(session, stored, result, actor)
    _analyze(tenant_id)
    log.info("leads_imported", import_id=str(result.id), rows=result.rows, created=result.created)
    return result


def _begin(session: Session, tenant_id: UUID, result: ImportResult) -> Import:
    stored = Import(
        id=result.id,
        tenant_id=tenant_id,
        filename=result.filename,
        encoding=result.encoding,
        columns=dict(result.columns),
    )
    session.add(stored)
    session.flush()
    return stored


def _finish(session: Session, stored: Import, result: ImportResult, actor: str) -> None:
    stored.state, stored.finished_at = "done", clock.now()
    stored.rows, stored.members = result.rows, result.members
    stored.created, stored.merged, stored.rejected = result.created, result.merged, result.rejected
    subject, counts = str(result.id), {"rows": result.rows, "created": result.created}
    session.add(
        AuditEntry(tenant_id=stored.tenant_id, actor=actor, action="leads.imported", subject=subject, details=counts)
    )
    event = LeadsImported(None, result.id, result.created, result.merged, result.rejected)
    bus.publish(session, stored.tenant_id, event)


def _counted(result: ImportResult, batch: Batch, taken: staging.Taken) -> ImportResult:
    accepted = batch.rows - batch.rejected
    return replace(
        result,
        rows=result.rows + batch.rows,
        created=result.created + taken.created,
        merged=result.merged + accepted - taken.created,
        rejected=result.rejected + batch.rejected,
        members=result.members + taken.members,
    )


def _read_ahead(source: Iterator[Batch]) -> Iterator[Batch]:
    """The next batch is made in another thread while this one is stored."""
    with ThreadPoolExecutor(1, "import") as reader:
        ahead = reader.submit(next, source, None)
        while (batch := ahead.result()) is not None:
            ahead = reader.submit(next, source, None)
            yield batch


def _id_prefix() -> str:
    """The first 80 bits of a version 7 UUID; the line number fills the rest, so ids sort in the order of the list."""
    milliseconds = int(clock.now().timestamp() * 1000)
    return f"{milliseconds:012x}7{secrets.randbits(12):03x}{0x8000 | secrets.randbits(14):04x}"


def _analyze(tenant_id: UUID) -> None:
    """With the statistics of an empty table the planner expects one row, and missions over the list would crawl."""
    with db.transaction(tenant_id) as session:
        session.execute(text("SELECT analyze_leads()"))


@contextmanager
def _lost_server_told() -> Iterator[None]:
    """The copying goes past SQLAlchemy, and so does the news that the server is gone or its disk is full."""
    try:
        yield
    except (psycopg.OperationalError, OperationalError) as error:
        told = error if isinstance(error, psycopg.OperationalError) else error.__context__ or error
        raise UnavailableError(
            f"Postgres did not take the list in, and nothing of it was stored: {str(told).splitlines()[0]}.",
            code="database_unavailable",
            action="See that Postgres runs and has room on its disk (`rex doctor` tells), then upload the list again.",
        ) from error
