"""What came in is kept once and has its effect in one transaction: an answer stops everything that sends itself."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from rex_celery import config
from rex_celery.integrations.base import InboundEmail, InboundText
from rex_celery.leads import phones
from rex_celery.leads.identity import InvalidValueError
from rex_celery.outreach import (
    answered,
    arrivals,
    machines,
    mail_sorting,
    matching,
    opting_out,
    ownership,
    senders_of,
    strangers,
)
from rex_celery.outreach.arrivals import ArrivalKind, Intake, Received
from rex_celery.outreach.mail_sorting import Author
from rex_celery.outreach.matching import Match


def receive_email(
    session: Session, tenant_id: UUID, mail: InboundEmail, now: datetime, inbound_event_id: int | None = None
) -> Received:
    """Take in one mail. The same mail again changes nothing and says what became of it."""
    intake = Intake(session, tenant_id, arrivals.of_email(mail, inbound_event_id), now)
    return arrivals.known(intake) or _take_mail(intake, mail)


def receive_text(
    session: Session, tenant_id: UUID, text: InboundText, now: datetime, inbound_event_id: int | None = None
) -> Received:
    """Take in one text message. The same again changes nothing and says what became of it."""
    intake = Intake(session, tenant_id, arrivals.of_text(text, _number(text.sender), inbound_event_id), now)
    return arrivals.known(intake) or _take_text(intake, text.opt_out_type)


def _take_mail(intake: Intake, mail: InboundEmail) -> Received:
    session, tenant_id = intake.session, intake.tenant_id
    if ownership.is_ours(intake, mail):
        return _set_aside(intake, ArrivalKind.OWN)
    match = matching.match_email(session, tenant_id, mail, config.settings().secret_key.get_secret_value())
    author = mail_sorting.author(mail)
    if author is not Author.PERSON:
        return machines.take(intake, mail, match, author)
    if match is None or not match.is_sure:
        return strangers.take(intake, match)
    return answered.take(intake, [match], _writer(intake))


def _take_text(intake: Intake, opt_out_type: str) -> Received:
    """Carriers' words first: a STOP counts for the number, whichever of our numbers it was sent to."""
    if ownership.is_our_number(intake):
        return _set_aside(intake, ArrivalKind.OWN)
    number = intake.arrival.sender
    matches = matching.match_text(intake.session, intake.tenant_id, number)
    if opting_out.asks_again(intake.arrival.words, opt_out_type):
        leads = [match.lead_id for match in matches]
        if opting_out.take_back(intake, number, leads):
            return _set_aside(intake, ArrivalKind.AUTOMATIC, matches[0] if matches else None)
    stopped = "STOP" if opt_out_type == "STOP" else ""
    if matches:
        return answered.take(intake, matches, word_of_provider=stopped)
    return strangers.take(intake, word_of_provider=stopped)


def _set_aside(intake: Intake, kind: ArrivalKind, match: Match | None = None) -> Received:
    """Keep what nobody has to answer: our own mail, and a START that has had its effect."""
    if arrivals.keep(intake, kind, match) is None:
        return arrivals.stored_meanwhile(intake)
    return Received(kind, match.lead_id if match else None)


def _writer(intake: Intake) -> list[UUID]:
    """Whoever wrote has answered too, if they are one of our people, even in the name of somebody else."""
    address = senders_of.normalised(intake.arrival.sender)
    lead = senders_of.by_address(intake.session, intake.tenant_id, address) if address else None
    return [lead] if lead else []


def _number(sender: str) -> str:
    """A number in E.164; what is none, such as a short code, stays as it came."""
    try:
        return phones.phone(sender).number
    except InvalidValueError:
        return sender
