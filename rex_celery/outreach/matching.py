"""Whose answer is it? From the surest sign to the weakest; a guess is only ever a hint for a person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.integrations.base import InboundEmail
from rex_celery.outreach import finding, reply_token, senders_of, storable


class MatchedBy(StrEnum):
    """What told whose answer it is; ``hint`` only says where a person may look."""

    IN_REPLY_TO = "in_reply_to"
    REFERENCES = "references"
    TOKEN = "token"  # noqa: S105  the sign, not a secret
    SENDER = "sender"
    ALIAS = "alias"
    PHONE = "phone"
    PERSON = "person"  # somebody of us said so
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Match:
    """The person, and the message of ours that was answered, where that is known."""

    by: MatchedBy
    lead_id: UUID
    message_id: UUID | None = None
    thread_id: UUID | None = None

    @property
    def is_sure(self) -> bool:
        """Whether it may stop anything."""
        return self.by is not MatchedBy.HINT


# Our own Message-ID, the one that a provider gave, or that of an earlier answer in the same conversation. Newest first.
_NAMED = text("""
WITH named AS (
  SELECT * FROM unnest(CAST(:words AS text[]), CAST(:locals AS text[]), CAST(:ids AS uuid[]))
    WITH ORDINALITY AS n(word, local, id, place))
SELECT lead_id, message_id, thread_id FROM (
  SELECT n.place, m.lead_id, m.id AS message_id, m.thread_id FROM named AS n JOIN messages AS m ON m.id = n.id
  UNION ALL
  SELECT n.place, m.lead_id, m.id, m.thread_id FROM named AS n
  JOIN messages AS m ON m.tenant_id = :tenant AND m.provider_id = n.local AND m.provider <> 'outbox'
  UNION ALL
  SELECT n.place, r.lead_id, r.message_id, r.thread_id FROM named AS n
  JOIN replies AS r ON r.tenant_id = :tenant AND r.channel = 'email' AND r.external_id = n.word
  WHERE r.lead_id IS NOT NULL
) AS found ORDER BY place LIMIT 1
""")
_BY_ID = text("SELECT lead_id, id AS message_id, thread_id FROM messages WHERE id = :id")
_LATEST = text("""
SELECT id AS message_id, thread_id FROM messages
WHERE lead_id = :lead AND channel = :channel AND message_rank(state) IS NOT NULL
ORDER BY sent_at DESC NULLS LAST, id LIMIT 1
""")


def match_email(session: Session, tenant_id: UUID, mail: InboundEmail, secret: str) -> Match | None:
    """Whose answer a mail is; the first sign that leads to one of our people counts."""
    return next(_signs(session, tenant_id, mail, secret), None)


def match_text(session: Session, tenant_id: UUID, number: str) -> list[Match]:
    """Everybody with this number (E.164), who was texted last first: a text reaches all who share a telephone."""
    people = senders_of.by_phone(session, tenant_id, number)
    return [of_person(session, MatchedBy.PHONE, lead, "sms") for lead in people]


def of_person(session: Session, by: MatchedBy, lead_id: UUID, channel: str) -> Match:
    """A match with the newest message that this person can have had in hand."""
    row = session.execute(_LATEST, {"lead": lead_id, "channel": channel}).one_or_none()
    return Match(by, lead_id, row.message_id if row else None, row.thread_id if row else None)


def _signs(session: Session, tenant_id: UUID, mail: InboundEmail, secret: str) -> Iterator[Match]:
    if found := _named(session, tenant_id, [mail.in_reply_to]):
        yield _match(MatchedBy.IN_REPLY_TO, found)
    if found := _named(session, tenant_id, mail.references[::-1]):
        yield _match(MatchedBy.REFERENCES, found)
    if (message_id := reply_token.find(secret, mail.recipients)) and (
        found := session.execute(_BY_ID, {"id": message_id}).one_or_none()
    ):
        yield _match(MatchedBy.TOKEN, found)
    address = senders_of.normalised(mail.sender.address)
    if address and (lead := senders_of.by_address(session, tenant_id, address)):
        yield of_person(session, MatchedBy.SENDER, lead, "email")
    if address and (lead := senders_of.by_alias(session, tenant_id, address)):
        yield of_person(session, MatchedBy.ALIAS, lead, "email")
    if address and (lead := senders_of.by_company_and_subject(session, address, mail.subject)):
        yield of_person(session, MatchedBy.HINT, lead, "email")


def _named(session: Session, tenant_id: UUID, message_ids: Sequence[str]) -> Row[Any] | None:
    words = [word for each in message_ids if (word := storable.line(each))]
    if not words:
        return None
    columns = {
        "words": words,
        "locals": [word.strip("<>").partition("@")[0] for word in words],
        "ids": [finding.our_id(word) for word in words],
    }
    return session.execute(_NAMED, {"tenant": tenant_id, **columns}).first()


def _match(by: MatchedBy, row: Row[Any]) -> Match:
    return Match(by, row.lead_id, row.message_id, row.thread_id)
