"""Claimed messages as providers get them: from the inbox that claimed them, in the thread of the first."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import config
from rex_celery.compliance import unsubscribe
from rex_celery.integrations.base import Mailbox, Outbound, OutboundEmail, OutboundText, message_id_of
from rex_celery.outreach import chains, policies, reply_token
from rex_celery.outreach.looking import Claimed, Inbox
from rex_celery.vocabulary import Channel

_THREADS = text("""
SELECT m.id, m.enrolment_id, m.position, m.subject, i.address, message_rank(m.state) IS NOT NULL AS arrives
FROM messages AS m LEFT JOIN inboxes AS i ON i.id = m.inbox_id
WHERE m.enrolment_id = ANY(CAST(:enrolments AS uuid[])) AND m.channel = 'email'
ORDER BY m.enrolment_id, m.position
""")


@dataclass(frozen=True, slots=True)
class Earlier:
    """An e-mail before in the same sequence; ``message_id`` is None for one that never left."""

    position: int
    subject: str
    message_id: str | None


def build(session: Session, inbox: Inbox, claimed: Sequence[Claimed], now: datetime) -> list[Outbound]:
    """The messages as they go out; the same on every try but for the date."""
    if inbox.channel != Channel.EMAIL:
        return [Outbound(one.id, _text(inbox, one), one.row.campaign_id) for one in claimed]
    earlier = _earlier(session, claimed)
    by_token = policies.of(session, inbox.tenant_id).reply_token
    answered = chains.of(session, {one.row.in_reply_to for one in claimed if one.row.in_reply_to})
    letters = {one.id: _email(inbox, one, earlier.get(one.row.enrolment_id, []), now) for one in claimed}
    letters = {id_: _in_chain(letter, answered.get(letter.in_reply_to)) for id_, letter in letters.items()}
    letters = {id_: _with_token(letter, id_) if by_token else letter for id_, letter in letters.items()}
    return [Outbound(one.id, letters[one.id], one.row.campaign_id) for one in claimed]


def _text(inbox: Inbox, one: Claimed) -> OutboundText:
    return OutboundText(inbox.address, one.row.recipient, one.row.body, one.closes_at)


def _in_chain(letter: OutboundEmail, chain: tuple[str, ...] | None) -> OutboundEmail:
    """An answer refers to all that its thread refers to."""
    return replace(letter, references=chain) if chain else letter


def _with_token(letter: OutboundEmail, message_id: UUID) -> OutboundEmail:
    secret = config.settings().secret_key.get_secret_value()
    return replace(letter, reply_to=reply_token.address(secret, message_id, letter.sender.address))


def _email(inbox: Inbox, one: Claimed, others: list[Earlier], now: datetime) -> OutboundEmail:
    """A message without a subject of its own keeps that of the thread's first, and its thread where that one left."""
    settings = config.settings()
    mailbox = Mailbox(inbox.address, inbox.name)
    thread = [] if one.row.subject else _thread([other for other in others if other.position < one.row.position])
    references = tuple(other.message_id for other in thread if other.message_id)
    answered = one.row.in_reply_to or ""
    return OutboundEmail(
        message_id=message_id_of(one.id, mailbox),
        sender=mailbox,
        recipient=Mailbox(one.row.recipient),
        subject=thread[0].subject if thread else one.row.subject,
        body=one.row.body,
        unsubscribe_url=unsubscribe.link(
            settings.public_url, settings.secret_key.get_secret_value(), inbox.tenant_id, one.id
        ),
        sent_at=now,
        in_reply_to=answered or (references[-1] if references else ""),
        references=(*references, answered) if answered else references,
    )


def _thread(earlier: list[Earlier]) -> list[Earlier]:
    """The newest thread: from the last message on that had a subject of its own."""
    return earlier[max((place for place, other in enumerate(earlier) if other.subject), default=0) :]


def _earlier(session: Session, claimed: Sequence[Claimed]) -> dict[UUID, list[Earlier]]:
    """The e-mails of each enrolment in the order of their steps."""
    enrolments = [one.row.enrolment_id for one in claimed if one.row.enrolment_id and one.row.position]
    if not enrolments:
        return {}
    found: dict[UUID, list[Earlier]] = defaultdict(list)
    for row in session.execute(_THREADS, {"enrolments": enrolments}):
        message_id = message_id_of(row.id, Mailbox(row.address)) if row.arrives else None
        found[row.enrolment_id].append(Earlier(row.position, row.subject, message_id))
    return found
