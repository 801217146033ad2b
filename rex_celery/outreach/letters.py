"""Claimed messages as providers get them: from the inbox that claimed them, in the thread of the first."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
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
SELECT m.id, m.enrolment_id, m.subject, i.address FROM messages AS m JOIN inboxes AS i ON i.id = m.inbox_id
WHERE m.enrolment_id = ANY(CAST(:enrolments AS uuid[])) AND m.channel = 'email'
  AND message_rank(m.state) IS NOT NULL
ORDER BY m.enrolment_id, m.position
""")


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


def _email(inbox: Inbox, one: Claimed, earlier: list[tuple[str, str]], now: datetime) -> OutboundEmail:
    """A message without a subject of its own goes into the thread of the first e-mail, whose subject it keeps."""
    settings = config.settings()
    secret = settings.secret_key.get_secret_value()
    mailbox = Mailbox(inbox.address, inbox.name)
    thread = [] if one.row.subject else earlier[_start(earlier) :]
    references = tuple(message_id for message_id, _ in thread)
    answered = one.row.in_reply_to or ""
    return OutboundEmail(
        message_id=message_id_of(one.id, mailbox),
        sender=mailbox,
        recipient=Mailbox(one.row.recipient),
        subject=thread[0][1] if thread else one.row.subject,
        body=one.row.body,
        unsubscribe_url=unsubscribe.link(settings.public_url, secret, inbox.tenant_id, one.id),
        sent_at=now,
        in_reply_to=answered or (references[-1] if references else ""),
        references=(*references, answered) if answered else references,
    )


def _start(earlier: list[tuple[str, str]]) -> int:
    """Where the newest thread begins: at the last message that had a subject of its own."""
    return max((place for place, (_, subject) in enumerate(earlier) if subject), default=0)


def _earlier(session: Session, claimed: Sequence[Claimed]) -> dict[UUID, list[tuple[str, str]]]:
    """The Message-IDs and subjects of the e-mails that each enrolment sent before, oldest first."""
    enrolments = [one.row.enrolment_id for one in claimed if one.row.enrolment_id and one.row.position]
    if not enrolments:
        return {}
    found: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    for row in session.execute(_THREADS, {"enrolments": enrolments}):
        found[row.enrolment_id].append((message_id_of(row.id, Mailbox(row.address)), row.subject))
    return found
