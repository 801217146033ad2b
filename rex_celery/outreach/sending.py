"""Sending what is due: claim, hand over, record; two short transactions round one slow call."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import clock, db
from rex_celery.errors import ProviderUnavailableError
from rex_celery.integrations import one_by_one
from rex_celery.integrations.base import BrokenOffError, Delivery, Outbound, Receipt, Sender
from rex_celery.outreach import breaker, by_hand, delivery, due, leaving, letters, receipts
from rex_celery.outreach.looking import Claimed, Inbox
from rex_celery.outreach.receipts import Answered

log = structlog.get_logger()

# A worker turns to other work after this long; what is still due is claimed by the next.
LONGEST_SHIFT_SECONDS = 60.0
OUTBOX = "outbox"
# How many messages one claim takes: as many as a provider takes at once where one call carries many, few where each
# is a call of its own, so that a worker that dies leaves few behind.
AT_ONCE = {OUTBOX: 500, "sendgrid": 200, by_hand.MANUAL: 200}
FEW = 20

_CONNECTION = text("SELECT id, provider, settings, secret, updated_at FROM connections WHERE id = :id")
_BOX = text("""
INSERT INTO outbox (tenant_id, message_id, channel, recipient)
SELECT tenant_id, id, channel, recipient FROM messages WHERE id = ANY(CAST(:ids AS uuid[]))
""")

SenderFor = Callable[[Row[Any], Row[Any] | None], Sender]


@dataclass(slots=True)
class Shift:
    """What one worker does for one inbox."""

    tenant_id: UUID
    inbox_id: UUID
    sender_for: SenderFor = field(default=delivery.sender_for)
    handed: list[UUID] = field(default_factory=list)

    def run(self, longest: float = LONGEST_SHIFT_SECONDS) -> int:
        """Send what is due until nothing is left or the shift is over; returns how many messages were handed over."""
        over = monotonic() + longest
        while self._round() and monotonic() < over:
            continue
        return len(self.handed)

    def _round(self) -> bool:
        """One claim and what follows; True when it is worth claiming again at once."""
        now = clock.now()
        with db.transaction(self.tenant_id) as session:
            taken = due.claim(session, self.tenant_id, self.inbox_id, now, self._at_once(session))
            if taken.inbox is None or not taken.claimed:
                return taken.more
            by_a_person = [one for one in taken.claimed if by_hand.is_by_hand(taken.inbox.provider, one)]
            by_hand.hand_over(session, self.tenant_id, by_a_person, now)
            claimed = [one for one in taken.claimed if one not in by_a_person]
            if taken.inbox.provider == OUTBOX:
                # Claim, delivery and result are one commit: no stop can come between them.
                self._to_outbox(session, taken.inbox, claimed, now)
                return taken.more
        if claimed:
            self._to_provider(taken.inbox, claimed)
        return taken.more

    def _at_once(self, session: Session) -> int:
        provider = session.execute(text("SELECT provider FROM inboxes WHERE id = :id"), {"id": self.inbox_id}).scalar()
        return AT_ONCE.get(str(provider), FEW)

    def _to_outbox(self, session: Session, inbox: Inbox, claimed: list[Claimed], now: datetime) -> None:
        if not claimed:
            return
        leaving_now = leaving.submit(session, claimed, now)
        session.execute(_BOX, {"ids": list(leaving_now)})
        answers = [Answered(one, _boxed(one, leaving=one.id in leaving_now)) for one in claimed]
        receipts.record(session, self.tenant_id, inbox, answers, now)
        self.handed += leaving_now

    def _to_provider(self, inbox: Inbox, claimed: list[Claimed]) -> None:
        with db.transaction(self.tenant_id) as session:
            letters_now = letters.build(session, inbox, claimed, clock.now())
            connection = session.execute(_CONNECTION, {"id": inbox.connection_id}).one_or_none()
        answered, trouble = self._call(inbox, connection, letters_now, claimed)
        # What happened in the world cannot be asked for again, so this is not given up when Postgres breaks it off.
        answers = db.again(lambda: self._record(inbox, claimed, answered, trouble))
        self.handed += [one.message.id for one in answers if one.receipt.delivery in receipts.LEFT]

    def _record(self, inbox: Inbox, claimed: list[Claimed], answered: list[Receipt], trouble: str) -> list[Answered]:
        by_id, now = {receipt.id: receipt for receipt in answered}, clock.now()
        with db.transaction(self.tenant_id) as session:
            answers = [Answered(one, by_id[one.id]) for one in claimed if one.id in by_id]
            unsent = Delivery.WITHDRAWN if trouble else Delivery.DEFERRED
            rest = [one for one in claimed if one.id not in by_id]
            answers += receipts.unanswered(session, rest, inbox.provider, unsent)
            counts = receipts.record(session, self.tenant_id, inbox, answers, now)
            if trouble:
                breaker.failed(session, self.tenant_id, self.inbox_id, trouble, now)
            elif counts[Delivery.ACCEPTED] or counts[Delivery.REJECTED]:
                breaker.succeeded(session, self.tenant_id, self.inbox_id, now)
        return answers

    def _submit(self, messages: list[Claimed]) -> set[UUID]:
        with db.transaction(self.tenant_id) as session:
            return leaving.submit(session, messages, clock.now())

    def _call(
        self, inbox: Inbox, connection: Row[Any] | None, messages: list[Outbound], claimed: list[Claimed]
    ) -> tuple[list[Receipt], str]:
        by_id, asked = {one.id: one for one in claimed}, set[UUID]()

        def submit(ids: Collection[UUID]) -> Collection[UUID]:
            asked.update(ids)
            return db.again(lambda: self._submit([by_id[id_] for id_ in ids]))

        try:
            return self.sender_for(inbox, connection).send(messages, submit), ""
        except BrokenOffError as error:
            log.warning("provider_broke_off", provider=inbox.provider, inbox_id=str(inbox.id), error=error.detail)
            return list(error.receipts), error.detail
        except ProviderUnavailableError as error:
            log.warning("provider_unavailable", provider=inbox.provider, inbox_id=str(inbox.id), error=error.detail)
            return [], error.detail
        except one_by_one.CHOKED:
            log.exception("sender_failed", provider=inbox.provider, inbox_id=str(inbox.id))
            left = [one for one in messages if one.id not in asked]
            return self._apart(inbox, connection, left, claimed) if len(messages) > 1 else ([], "")

    def _apart(
        self, inbox: Inbox, connection: Row[Any] | None, messages: list[Outbound], claimed: list[Claimed]
    ) -> tuple[list[Receipt], str]:
        """Each alone, so that only the one that a sender chokes on is left behind."""
        found: list[Receipt] = []
        for one in messages:
            answered, trouble = self._call(inbox, connection, [one], claimed)
            found += answered
            if trouble:
                return found, trouble
        return found, ""


def _boxed(one: Claimed, *, leaving: bool) -> Receipt:
    kind = Delivery.ACCEPTED if leaving else Delivery.WITHDRAWN
    return Receipt(kind, OUTBOX, str(one.id), id=one.id)
