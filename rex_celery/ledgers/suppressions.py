"""The suppression ledger as people work with it: looked at, entered by hand, taken out of for a stated reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import db, paging
from rex_celery.compliance import suppression
from rex_celery.compliance.suppression import Person, Stop
from rex_celery.errors import ConflictError, NotFoundError
from rex_celery.ledgers import tables
from rex_celery.paging import Page
from rex_celery.tenancy import audit

# A person's own word; only a new one of theirs, recorded as a consent, can take it back.
_THEIR_WORD = frozenset({"suppressed_opt_out", "suppressed_unsubscribed", "suppressed_complaint"})
_STRIDE = 5_000
_SHOWN = "id, email, phone, domain, lead_id, scope, reason, source, evidence, created_at"
_PAGE = text(f"""
SELECT {_SHOWN} FROM suppressions
WHERE (CAST(:email AS text) IS NULL OR email = :email) AND (CAST(:phone AS text) IS NULL OR phone = :phone)
  AND (CAST(:domain AS text) IS NULL OR domain = :domain) AND (CAST(:reason AS text) IS NULL OR reason = :reason)
  AND (CAST(:since AS timestamptz) IS NULL OR (created_at, id) < (:since, :id))
ORDER BY created_at DESC, id DESC LIMIT :limit
""")
_ONE = text(f"SELECT {_SHOWN} FROM suppressions WHERE id = :id FOR UPDATE")
_SAME = text(f"""
SELECT {_SHOWN} FROM suppressions
WHERE reason = :reason AND scope IN ('all', :scope) AND (email = :email OR phone = :phone OR domain = :domain)
ORDER BY created_at DESC LIMIT 1
""")
_AGREED = text("""
SELECT EXISTS (SELECT FROM consents AS c JOIN leads AS l ON l.id = c.lead_id
  WHERE c.withdrawn_at IS NULL AND c.given_at > :since AND (:scope = 'all' OR c.channel = :scope)
    AND (l.id = :lead OR l.email = :email OR l.phone = :phone))
""")


@dataclass(frozen=True, slots=True)
class Suppression:
    """An entry of the ledger: a person, or everybody at a domain. ``scope`` is a channel, or all."""

    id: UUID
    email: str | None
    phone: str | None
    domain: str | None
    lead_id: UUID | None
    scope: str
    reason: str
    source: str
    evidence: dict[str, str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries; None is all."""

    email: str | None = None
    phone: str | None = None
    domain: str | None = None
    reason: str | None = None


EVERYBODY = Filter()


def page(session: Session, which: Filter, *, limit: int, cursor: str | None = None) -> Page[Suppression]:
    """Entries, the newest first.

    Raises:
        InvalidError: the cursor is not one of this list.

    """
    since, last = paging.read_cursor(cursor, datetime.fromisoformat, UUID) if cursor else (None, None)
    wanted = {"email": which.email, "phone": which.phone, "domain": which.domain, "reason": which.reason}
    rows = session.execute(_PAGE, {**wanted, "since": since, "id": last, "limit": limit + 1}).all()
    return paging.cut(rows, limit, lambda row: Suppression(*row), lambda row: (row.created_at, row.id))


def add(session: Session, tenant_id: UUID, person: Person, stop: Stop, actor: str) -> tuple[Suppression, bool]:
    """Enter somebody by hand and take back what waits for them; gives the entry and whether it is new."""
    new = suppression.suppress(session, tenant_id, person, stop)
    session.flush()
    entry = _same(session, person, stop)
    if new:
        audit.record(session, actor, "suppression.added", str(entry.id), {"scope": stop.scope, "reason": stop.reason})
    return entry, new


def remove(session: Session, suppression_id: UUID, words: str, actor: str) -> Suppression:
    """Take an entry out, for a reason that is kept in the audit log.

    Raises:
        NotFoundError: there is no such entry.
        ConflictError: the person said themselves that they do not want this, and has not agreed since.

    """
    row = session.execute(_ONE, {"id": suppression_id}).one_or_none()
    if row is None:
        raise NotFoundError("There is no such suppression.", action="See GET /api/rex/suppressions.")
    entry = Suppression(*row)
    if entry.reason in _THEIR_WORD and not _agreed_since(session, entry):
        raise ConflictError(
            "This person asked not to be written to, and has not agreed since.",
            code="their_own_word",
            action="Record their new consent first, with its source and date: POST /api/rex/consents.",
        )
    session.execute(text("DELETE FROM suppressions WHERE id = :id"), {"id": entry.id})
    told: dict[str, object] = {"reason": words, "was": entry.reason, "scope": entry.scope, "source": entry.source}
    told |= {"lead_id": entry.lead_id, "since": entry.created_at}
    audit.record(session, actor, "suppression.removed", str(entry.id), told)
    return entry


def export(tenant_id: UUID) -> Iterator[str]:
    """The whole ledger as CSV, the newest first, in memory that does not grow with it."""
    header = ("email", "phone", "domain", "scope", "reason", "source", "created_at")
    return tables.lines(header, _rows(tenant_id))


def _rows(tenant_id: UUID) -> Iterator[tuple[object, ...]]:
    cursor: str | None = None
    while True:
        with db.transaction(tenant_id) as session:
            part = page(session, EVERYBODY, limit=_STRIDE, cursor=cursor)
        for one in part.items:
            yield one.email, one.phone, one.domain, one.scope, one.reason, one.source, one.created_at.isoformat()
        cursor = part.next_cursor
        if cursor is None:
            return


def _same(session: Session, person: Person, stop: Stop) -> Suppression:
    who = {"email": person.email, "phone": person.phone, "domain": person.domain}
    return Suppression(*session.execute(_SAME, {**who, "reason": stop.reason, "scope": stop.scope}).one())


def _agreed_since(session: Session, entry: Suppression) -> bool:
    values = {"since": entry.created_at, "scope": entry.scope, "lead": entry.lead_id}
    return bool(session.execute(_AGREED, {**values, "email": entry.email, "phone": entry.phone}).scalar())
