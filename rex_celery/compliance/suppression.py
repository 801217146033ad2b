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

# Joins with an index each; one join over these alternatives would read the whole ledger. A domain stops those below it.
_AMONG = text(
    """
    WITH wanted AS (SELECT id, tenant_id, email, phone FROM leads WHERE id = ANY(CAST(:leads AS uuid[])))
    SELECT DISTINCT ON (id) id, reason FROM (
      SELECT w.id, s.reason, s.scope, s.created_at FROM wanted w
        JOIN suppressions s ON s.tenant_id = w.tenant_id AND s.lead_id = w.id
      UNION ALL
      SELECT w.id, s.reason, s.scope, s.created_at FROM wanted w
        JOIN suppressions s ON s.tenant_id = w.tenant_id AND s.email = w.email
      UNION ALL
      SELECT w.id, s.reason, s.scope, s.created_at FROM wanted w
        JOIN suppressions s ON s.tenant_id = w.tenant_id AND s.phone = w.phone
      UNION ALL
      SELECT w.id, s.reason, s.scope, s.created_at FROM wanted w
        CROSS JOIN LATERAL string_to_array(split_part(w.email, '@', 2), '.') AS labels
        CROSS JOIN LATERAL generate_series(1, cardinality(labels)) AS n
        JOIN suppressions s ON s.tenant_id = w.tenant_id AND s.domain = array_to_string(labels[n:], '.')
      WHERE EXISTS (SELECT FROM suppressions WHERE domain IS NOT NULL)
    ) AS matches WHERE CAST(:channel AS text) IS NULL OR scope IN ('all', :channel)
    ORDER BY id, created_at
    """
)
# An answer may go to somebody else than the person whose conversation it is in.
_ADDRESSES = text(
    """
    WITH wanted AS (SELECT address, lower(address) AS email FROM unnest(CAST(:addresses AS text[])) AS a(address))
    SELECT DISTINCT ON (address) address, reason FROM (
      SELECT w.address, s.reason, s.scope, s.created_at FROM wanted w JOIN suppressions s ON s.email = w.email
      UNION ALL
      SELECT w.address, s.reason, s.scope, s.created_at FROM wanted w JOIN suppressions s ON s.phone = w.address
      UNION ALL
      SELECT w.address, s.reason, s.scope, s.created_at FROM wanted w
        CROSS JOIN LATERAL string_to_array(split_part(w.email, '@', 2), '.') AS labels
        CROSS JOIN LATERAL generate_series(1, cardinality(labels)) AS n
        JOIN suppressions s ON s.domain = array_to_string(labels[n:], '.')
      WHERE EXISTS (SELECT FROM suppressions WHERE domain IS NOT NULL)
    ) AS matches WHERE scope IN ('all', :channel)
    ORDER BY address, created_at
    """
)
EVERYWHERE = "all"
# A dead mailbox says nothing about colleagues at the same switchboard, nor about the person's new address.
_OF_THE_ADDRESS = frozenset({"suppressed_bounce"})
# A domain may stand for a whole list; then one event says that somebody was suppressed, and nobody is named.
MOST_TOLD = 100


@dataclass(frozen=True, slots=True)
class Person:
    """Whom it is about; whatever is known. ``email`` is normalised, ``phone`` E.164.

    ``domain``, lower case and alone, is everybody with an address there or below it.
    """

    lead_id: UUID | None = None
    email: str | None = None
    phone: str | None = None
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Why and how: ``reason`` is a code of ``rex_celery.reasons``, ``source`` names where it came from.

    ``scope`` is a channel if the person may still be written to on the others.
    """

    reason: str
    source: str
    evidence: dict[str, str] = field(default_factory=dict)
    scope: str = EVERYWHERE


def suppress(session: Session, tenant_id: UUID, person: Person, stop: Stop) -> bool:
    """Enter a person into the ledger, take back their planned messages and settle their pending outcomes.

    The person is every lead of the tenant with the same id, e-mail address, phone number or domain; a bounce counts for
    the address or number that it is about alone. True if the ledger did not hold this stop yet; doing it again changes
    nothing but catches what was planned in between.
    """
    spreads = stop.reason not in _OF_THE_ADDRESS
    leads = _leads_of(session, tenant_id, person, spreads=spreads)
    entered = _enter(session, tenant_id, person if person.domain else _complete(person, leads, spreads=spreads), stop)
    ids = [lead.id for lead in leads]
    take_back(session, tenant_id, ids, stop)
    if entered:
        told: list[UUID | None] = [*ids] if 0 < len(ids) <= MOST_TOLD else [None]
        bus.publish(session, tenant_id, *(LeadSuppressed(None, lead_id, stop.reason) for lead_id in told))
    return entered


def take_back(session: Session, tenant_id: UUID, lead_ids: Collection[UUID], stop: Stop) -> None:
    """End what waits for these leads, everywhere or on the channel that the stop is about."""
    if stop.scope == EVERYWHERE:
        stops.stop_people(session, tenant_id, lead_ids, stop.reason, clock.now())
    else:
        stops.stop_channel(session, lead_ids, stop.scope, stop.reason, clock.now())


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


def suppressed_among(session: Session, lead_ids: Collection[UUID], channel: str | None = None) -> dict[UUID, str]:
    """Those of these leads that must not be written to, each with the reason that came first. One statement.

    With a ``channel`` a stop of another channel does not count; without one any stop does.
    """
    rows = session.execute(_AMONG, {"leads": list(lead_ids), "channel": channel})
    return {row.id: row.reason for row in rows}


def suppressed_addresses(session: Session, addresses: Collection[str], channel: str) -> dict[str, str]:
    """Those of these addresses and numbers that nothing may go to on this channel, each with its first reason."""
    return {
        row.address: row.reason
        for row in session.execute(_ADDRESSES, {"addresses": list(set(addresses)), "channel": channel})
    }


def _leads_of(session: Session, tenant_id: UUID, person: Person, *, spreads: bool) -> list[Lead]:
    if person.domain:
        there = or_(Lead.email.like(f"%@{person.domain}"), Lead.email.like(f"%.{person.domain}"))
        return list(session.scalars(select(Lead).where(Lead.tenant_id == tenant_id, there).order_by(Lead.id)))
    own = session.get(Lead, person.lead_id) if person.lead_id else None
    emails = {address for address in (person.email, own and own.email) if address}
    phones = {number for number in (person.phone, own and spreads and own.phone) if number}
    same = or_(Lead.id == person.lead_id, Lead.email.in_(emails), Lead.phone.in_(phones))
    return list(session.scalars(select(Lead).where(Lead.tenant_id == tenant_id, same).order_by(Lead.id)))


def _complete(person: Person, leads: list[Lead], *, spreads: bool) -> Person:
    """The person with what the lead's record adds, so that the ledger still holds when the lead is erased."""
    own = next((lead for lead in leads if lead.id == person.lead_id), leads[0] if leads else None)
    if own is None or (person.phone and not spreads):
        return person
    if not spreads:
        return Person(person.lead_id or own.id, person.email or own.email)
    return Person(person.lead_id or own.id, person.email or own.email, person.phone or own.phone)


def _enter(session: Session, tenant_id: UUID, person: Person, stop: Stop) -> bool:
    same = (
        Suppression.lead_id.is_not_distinct_from(person.lead_id),
        Suppression.email.is_not_distinct_from(person.email),
        Suppression.phone.is_not_distinct_from(person.phone),
        Suppression.domain.is_not_distinct_from(person.domain),
        Suppression.scope.in_((EVERYWHERE, stop.scope)),
    )
    known = select(Suppression.id).where(Suppression.tenant_id == tenant_id, Suppression.reason == stop.reason, *same)
    if session.execute(known.limit(1)).first():
        return False
    row = {"lead_id": person.lead_id, "email": person.email, "phone": person.phone, "domain": person.domain}
    why = {"reason": stop.reason, "source": stop.source, "evidence": stop.evidence, "scope": stop.scope}
    session.execute(insert(Suppression).values(tenant_id=tenant_id, **row, **why))
    return True
