"""Reading leads and the lists they came in; every page is one statement, whatever its length."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import db, paging
from rex_celery.errors import NotFoundError
from rex_celery.leads.rows import Rejection
from rex_celery.paging import Page

# What an answer shows of a list's rejected rows; the rest is a file of its own.
SHOWN_REJECTIONS = 50
# Rows fetched at once while all rejections are written out.
_STRIDE = 1_000


@dataclass(frozen=True, slots=True)
class Lead:
    """One person in a list of leads."""

    id: UUID
    email: str | None
    phone: str | None
    first_name: str | None
    last_name: str | None
    company: str | None
    title: str | None
    city: str | None
    region: str | None
    country: str | None
    timezone: str | None
    source: str | None
    status: str | None
    last_activity_on: date | None
    deal_stage: str | None
    deal_value: Decimal | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LeadDetail(Lead):
    """All that is stored of a person. ``extra`` has columns without a field and values that could not be read."""

    timezone_source: str | None
    crm_id: str | None
    crm_created_on: date | None
    last_activity: str | None
    activities: int | None
    notes: str | None
    linkedin_url: str | None
    extra: Mapping[str, Any]
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Import:
    """One uploaded list: ``rows = created + merged + rejected``; ``members`` are the distinct people it named."""

    id: UUID
    filename: str
    state: str
    encoding: str | None
    columns: Mapping[str, str]
    rows: int
    created: int
    merged: int
    rejected: int
    members: int
    rejections: tuple[Rejection, ...]
    created_at: datetime
    finished_at: datetime | None


_LEAD = ", ".join(field.name for field in fields(Lead))
_DETAIL = ", ".join(field.name for field in fields(LeadDetail))
_IMPORT = ", ".join(field.name for field in fields(Import) if field.name != "rejections")
_PAGE = text(f"""
SELECT {_LEAD} FROM leads AS l
WHERE (CAST(:after AS uuid) IS NULL OR id > :after)
  AND (CAST(:list AS uuid) IS NULL
       OR EXISTS (SELECT FROM import_members AS m WHERE m.import_id = :list AND m.lead_id = l.id))
  AND NOT EXISTS (
    SELECT FROM unnest(CAST(:words AS text[])) AS word
    WHERE concat_ws(' ', first_name, last_name, email, phone, company) NOT ILIKE '%' || word || '%'
  )
ORDER BY id LIMIT :limit
""")
_GET = text(f"SELECT {_DETAIL} FROM leads WHERE id = :lead")
_IMPORTS = text(f"""
SELECT {_IMPORT} FROM imports
WHERE CAST(:at AS timestamptz) IS NULL OR (created_at, id) < (:at, CAST(:id AS uuid))
ORDER BY created_at DESC, id DESC LIMIT :limit
""")
_GET_IMPORT = text(f"SELECT {_IMPORT} FROM imports WHERE id = :list")
_REJECTIONS = text("""
SELECT id, line, "column", value, reason FROM import_rejections
WHERE import_id = :list AND id > :after ORDER BY id LIMIT :limit
""")
_WILDCARDS = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


def page(
    session: Session, *, query: str = "", import_id: UUID | None = None, limit: int, cursor: str | None
) -> Page[Lead]:
    """Leads in the order in which they came. Each word of ``query`` must stand in the name, address, number or company.

    Raises:
        InvalidError: the cursor is none.

    """
    after = paging.read_cursor(cursor, UUID)[0] if cursor else None
    words = [word.translate(_WILDCARDS) for word in query.split()]
    given = {"after": after, "list": import_id, "words": words, "limit": limit + 1}
    rows = session.execute(_PAGE, given).mappings().all()
    return paging.cut(rows, limit, lambda row: Lead(**row), lambda row: (row["id"],))


def get(session: Session, lead_id: UUID) -> LeadDetail:
    """One person.

    Raises:
        NotFoundError: this tenant has no such lead.

    """
    row = session.execute(_GET, {"lead": lead_id}).mappings().one_or_none()
    if row is None:
        raise NotFoundError("There is no such lead.")
    return LeadDetail(**row)


def imports(session: Session, *, limit: int, cursor: str | None) -> Page[Import]:
    """The lists, newest first, without their rejected rows.

    Raises:
        InvalidError: the cursor is none.

    """
    at, last = paging.read_cursor(cursor, datetime.fromisoformat, UUID) if cursor else (None, None)
    rows = session.execute(_IMPORTS, {"at": at, "id": last, "limit": limit + 1}).mappings().all()
    return paging.cut(rows, limit, lambda row: Import(**row, rejections=()), lambda row: (row["created_at"], row["id"]))


def get_import(session: Session, import_id: UUID) -> Import:
    """One list with its first rejected rows.

    Raises:
        NotFoundError: this tenant has no such list.

    """
    row = session.execute(_GET_IMPORT, {"list": import_id}).mappings().one_or_none()
    if row is None:
        raise NotFoundError("There is no such import.")
    shown = _rejected(session, import_id, 0, SHOWN_REJECTIONS)
    return Import(**row, rejections=tuple(_rejection(one) for one in shown))


def rejections(tenant_id: UUID, import_id: UUID) -> Iterator[Rejection]:
    """All rejected rows of a list in the order of the file, in flat memory; each part is a transaction of its own."""
    after = 0
    while True:
        with db.transaction(tenant_id) as session:
            rows = _rejected(session, import_id, after, _STRIDE)
        yield from (_rejection(row) for row in rows)
        if len(rows) < _STRIDE:
            return
        after = rows[-1].id


def _rejected(session: Session, import_id: UUID, after: int, limit: int) -> list[Row[Any]]:
    return list(session.execute(_REJECTIONS, {"list": import_id, "after": after, "limit": limit}))


def _rejection(row: Row[Any]) -> Rejection:
    return Rejection(row.line, row.column, row.value, row.reason)
