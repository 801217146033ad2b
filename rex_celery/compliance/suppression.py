"""The ledger of people who must not be written to: entering it stops whatever waits for them, in one transaction."""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import insert, or_, select, text
from sqlalchemy.orm import Session

from rex_celery import bus, clock
from rex_celery.compliance import stops
from rex_celery.errors import NotFoundError
from rex_celery.events import LeadSuppressed
from rex_celery.models import Lead, Message, Suppression
from rex_celery.vocabulary import Channel

# Three joins, each with its index; one join over three alternatives would read the whole ledger.
_AMONG = text(
    """
    WITH wanted AS (SELECT id, tenant_id, email, phone FROM leads WHERE id = ANY(CAST(:leads AS uuid[])))
    SELECT DISTINCT ON (id) id, reason FROM (
      SELECT w.id, s.reason, s.created_at FROM wanted w
        JOIN suppressions s ON s.tenant_id = w.tenant_id AND s.lead_id = w.id
      UNION ALL
      SELECT w.id, s.reason, s.created_at FROM wanted w
        JOIN suppressions s ON s.tenant_id = w.tenant_id AND s.email = w.email
      UNION ALL
      SELECT w.id, s.reason, s.created_at FROM wanted w
        JOIN suppressions s ON s.tenant_id = w.tenant_id AND s.phone = w.phone
    ) AS matches ORDER BY id, created_at
    """
)


@dataclass(frozen=True, slots=True)
class Person:
    """Whom it is about; whatever is known. ``email`` is normalised, ``phone`` E.164."""

    lead_id: UUID | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Why and how: ``reason`` is a code of ``rex_celery.reasons``, ``source`` names where it came from."""

    reason: str
    source: str
    evidence: dict[str, str] = field(default_factory=dict)


def suppress(session: Session, tenant_id: UUID, person: Person, stop: Stop) -> bool:
    """Enter a person into the ledger, take back their planned messages and settle their pending outcomes.

    The person is every lead of the tenant with the same id, e-mail address or phone number. True if the ledger did
    not hold this stop yet; doing it again changes nothing but catches what was planned in between.
    """
    leads = _leads_of(session, tenant_id, person)
    known = _complete(person, leads)
    entered = _enter(session, tenant_id, known, stop)
    stops.stop_people(session, tenant_id, [lead.id for lead in leads], stop.reason, clock.now())
    if entered:
        ids: list[UUID | None] = [lead.id for lead in leads]
        bus.publish(session, tenant_id, *(LeadSuppressed(None, lead_id, stop.reason) for lead_id in ids or [None]))
    return entered


def unsubscribe(session: Session, tenant_id: UUID, message_id: UUID, source: str) -> bool:
    """Suppress the person whom a message went to, as its unsubscribe link asks. True if this was not known yet.

    Raises:
        NotFoundError: the message is gone.

    """
    message = session.execute(
        select(Message.lead_id, Message.channel, Message.recipient).where(
            Message.tenant_id == tenant_id, Message.id == message_id
        )
    ).one_or_none()
    if message is None:
        raise NotFoundError("This message is not known any more.", code="unknown_message")
    address = message.recipient if message.channel == Channel.EMAIL else None
    stop = Stop("suppressed_unsubscribed", source, {"message_id": str(message_id)})
    return suppress(session, tenant_id, Person(message.lead_id, address), stop)


def suppressed_among(session: Session, lead_ids: Collection[UUID]) -> dict[UUID, str]:
    """Those of these leads that must not be written to, each with the reason that came first. One statement."""
    rows = session.execute(_AMONG, {"leads": list(lead_ids)})
    return {row.id: row.reason for row in rows}


def _leads_of(session: Session, tenant_id: UUID, person: Person) -> list[Lead]:
    own = session.get(Lead, person.lead_id) if person.lead_id else None
    emails = {address for address in (person.email, own and own.email) if address}
    phones = {number for number in (person.phone, own and own.phone) if number}
    same = or_(Lead.id == person.lead_id, Lead.email.in_(emails), Lead.phone.in_(phones))
    return list(session.scalars(select(Lead).where(Lead.tenant_id == tenant_id, same).order_by(Lead.id)))


def _complete(person: Person, leads: list[Lead]) -> Person:
    """The person with what the lead's record adds, so that the ledger still holds when the lead is erased."""
    own = next((lead for lead in leads if lead.id == person.lead_id), leads[0] if leads else None)
    if own is None:
        return person
    return Person(person.lead_id or own.id, person.email or own.email, person.phone or own.phone)


def _enter(session: Session, tenant_id: UUID, person: Person, stop: Stop) -> bool:
    same = (
        Suppression.lead_id.is_not_distinct_from(person.lead_id),
        Suppression.email.is_not_distinct_from(person.email),
        Suppression.phone.is_not_distinct_from(person.phone),
    )
    known = select(Suppression.id).where(Suppression.tenant_id == tenant_id, Suppression.reason == stop.reason, *same)
    if session.execute(known.limit(1)).first():
        return False
    row = {"lead_id": person.lead_id, "email": person.email, "phone": person.phone}
    stored = {"tenant_id": tenant_id, "reason": stop.reason, "source": stop.source, "evidence": stop.evidence}
    session.execute(insert(Suppression).values(**row, **stored))
    return True
