"""The record of consents as people work with it: looked at, entered by hand, withdrawn."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import clock, db, paging
from rex_celery.compliance import consent, stops
from rex_celery.compliance.consent import Agreement
from rex_celery.errors import InvalidError, NotFoundError, Problem
from rex_celery.ledgers import tables
from rex_celery.paging import Page
from rex_celery.tenancy import audit
from rex_celery.vocabulary import Channel

_STRIDE = 5_000
_SHOWN = (
    "c.id, c.lead_id, l.email, l.phone, c.channel, c.source, c.wording, c.given_at, c.withdrawn_at, c.evidence,"
    " c.recorded_by, c.created_at"
)
_PAGE = text(f"""
SELECT {_SHOWN} FROM consents AS c JOIN leads AS l ON l.id = c.lead_id
WHERE (CAST(:lead AS uuid) IS NULL OR c.lead_id = :lead) AND (CAST(:channel AS text) IS NULL OR c.channel = :channel)
  AND (CAST(:after AS uuid) IS NULL OR c.id > :after)
ORDER BY c.id LIMIT :limit
""")
_ONE = text(f"SELECT {_SHOWN} FROM consents AS c JOIN leads AS l ON l.id = c.lead_id WHERE c.id = :id")
_LEAD = text("SELECT EXISTS (SELECT FROM leads WHERE id = :lead)")


@dataclass(frozen=True, slots=True)
class Consent:
    """That a person agreed to a channel: how, to which words, when, until when, and what shows it."""

    id: UUID
    lead_id: UUID
    email: str | None
    phone: str | None
    channel: str
    source: str
    wording: str
    given_at: datetime
    withdrawn_at: datetime | None
    evidence: dict[str, str]
    recorded_by: str
    created_at: datetime


def page(
    session: Session, *, lead_id: UUID | None = None, channel: str | None = None, limit: int, cursor: str | None = None
) -> Page[Consent]:
    """Consents in a fixed order, withdrawn ones too.

    Raises:
        InvalidError: the cursor is not one of this list.

    """
    (after,) = paging.read_cursor(cursor, UUID) if cursor else (None,)
    values = {"lead": lead_id, "channel": channel, "after": after, "limit": limit + 1}
    rows = session.execute(_PAGE, values).all()
    return paging.cut(rows, limit, lambda row: Consent(*row), lambda row: (row.id,))


def record(session: Session, tenant_id: UUID, lead_id: UUID, agreement: Agreement) -> Consent:
    """Keep what a person agreed to.

    Raises:
        NotFoundError: there is no such lead.
        InvalidError: it is to be given in the future.

    """
    _require(session, lead_id)
    if agreement.given_at > clock.now():
        problem = Problem("body.given_at", "lies in the future", "when the person agreed")
        raise InvalidError("A consent cannot be given in the future.", problems=(problem,))
    stored = consent.record(session, tenant_id, lead_id, agreement)
    audit.record(session, agreement.recorded_by, "consent.recorded", str(lead_id), {"channel": agreement.channel})
    return Consent(*session.execute(_ONE, {"id": stored}).one())


def withdraw(session: Session, lead_id: UUID, channel: Channel, words: str, actor: str) -> int:
    """End a person's consents to a channel and take back what waits for them there; gives how many ended.

    Raises:
        NotFoundError: there is no such lead.

    """
    _require(session, lead_id)
    now = clock.now()
    ended = consent.withdraw(session, lead_id, channel, now)
    # Only text messages need a consent; who takes back another one does not want that channel any more.
    reason = "no_consent_sms" if channel is Channel.SMS else "suppressed_opt_out"
    stops.stop_channel(session, [lead_id], channel, reason, now)
    told: dict[str, object] = {"channel": channel, "ended": ended, "reason": words}
    audit.record(session, actor, "consent.withdrawn", str(lead_id), told)
    return ended


def export(tenant_id: UUID) -> Iterator[str]:
    """All consents as CSV, in memory that does not grow with them."""
    header = ("email", "phone", "channel", "source", "wording", "given_at", "withdrawn_at", "evidence")
    return tables.lines(header, _rows(tenant_id))


def _rows(tenant_id: UUID) -> Iterator[tuple[object, ...]]:
    cursor: str | None = None
    while True:
        with db.transaction(tenant_id) as session:
            part = page(session, limit=_STRIDE, cursor=cursor)
        for one in part.items:
            ended = one.withdrawn_at.isoformat() if one.withdrawn_at else None
            words = one.source, one.wording, one.given_at.isoformat(), ended, one.evidence.get("note")
            yield (one.email, one.phone, one.channel, *words)
        cursor = part.next_cursor
        if cursor is None:
            return


def _require(session: Session, lead_id: UUID) -> None:
    if not session.execute(_LEAD, {"lead": lead_id}).scalar():
        raise NotFoundError("There is no such lead.", action="See GET /api/rex/leads.")
