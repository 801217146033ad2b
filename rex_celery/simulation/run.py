"""The virtual days: from one moment at which something happens to the next, until nobody is on their way any more."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.integrations.base import Delivery, InboundEmail, Mailbox, Outbound, Receipt, Submit
from rex_celery.missions import collect
from rex_celery.outreach import facts, progress, replies, unknowns
from rex_celery.outreach.sending import Shift
from rex_celery.simulation import preparing, reporting, stage
from rex_celery.simulation.asked import Asked, check
from rex_celery.simulation.reporting import Diary, Report
from rex_celery.simulation.world import PROVIDER, Happening, Told, World

# What happens within so long is dealt with together.
GRAIN = timedelta(minutes=5)
SWEEP_EVERY = timedelta(hours=6)

_INBOXES = text("""
SELECT i.id, greatest(i.next_free_at, (
  SELECT min(run_after) FROM messages AS m WHERE m.inbox_id = i.id AND m.state = 'planned' AND m.run_after IS NOT NULL
)) AS due FROM inboxes AS i WHERE i.state = 'active' ORDER BY i.id
""")
_SENT = text("""
SELECT m.id, m.lead_id, m.recipient, m.step_key, m.channel, m.sent_at FROM messages AS m
WHERE m.sent_at = :now ORDER BY m.id
""")
_ACTIVE = text("SELECT count(*) FROM enrolments WHERE state = 'active'")
_LETTER = text("""
SELECT m.recipient, m.subject, i.address FROM messages AS m JOIN inboxes AS i ON i.id = m.inbox_id WHERE m.id = :id
""")


@dataclass
class Hand:
    """The clock of a simulation; it only moves when it is told to."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at


@dataclass(frozen=True, slots=True)
class StandIn:
    """A provider that takes everything."""

    most: int = 1000
    reports_delivery: bool = True

    def send(self, messages: Iterable[Outbound], submit: Submit) -> list[Receipt]:
        given = list(messages)
        allowed = set(submit([one.id for one in given]))
        kinds = {one.id: Delivery.ACCEPTED if one.id in allowed else Delivery.WITHDRAWN for one in given}
        return [Receipt(kind, PROVIDER, str(id_), id=id_) for id_, kind in kinds.items()]


@dataclass
class Run:
    """One simulation under way."""

    tenant_id: UUID
    mission_id: UUID
    asked: Asked
    hand: Hand
    world: World
    diary: Diary = field(default_factory=Diary)
    swept: datetime | None = None

    def days(self, until: datetime, told: Callable[[float], None]) -> None:
        """Live through the days."""
        begin = self.hand.at
        while self.hand.at < until and self._anybody():
            self._hear()
            self._send()
            self._sweep()
            self.hand.at = max(self.hand.at + GRAIN, self._next(until))
            told(min(1.0, (self.hand.at - begin) / (until - begin)))
        with db.transaction(self.tenant_id) as session:
            progress.sweep(session, self.tenant_id, self.hand.at)
            collect.look(session, self.tenant_id, self.mission_id)
        preparing.work_off(self.tenant_id, self.mission_id)

    def _anybody(self) -> bool:
        with db.transaction(self.tenant_id) as session:
            return bool(session.execute(_ACTIVE).scalar())

    def _next(self, until: datetime) -> datetime:
        with db.transaction(self.tenant_id) as session:
            moments: list[datetime] = [row.due for row in session.execute(_INBOXES) if row.due]
        moments += [moment for moment in (self.world.next_at(), self.swept and self.swept + SWEEP_EVERY) if moment]
        return min([*moments, until])

    def _hear(self) -> None:
        """Facts in one go, as a webhook brings them; each answer in its own transaction, as a worker applies it."""
        told = self.world.told_until(self.hand.at)
        found = [one.fact for one in told if one.fact]
        if found:
            with db.transaction(self.tenant_id) as session:
                facts.store(session, self.tenant_id, found, self.hand.at)
        for one in told:
            if one.what is not Happening.FACT:
                with db.transaction(self.tenant_id) as session:
                    self._receive(session, one)
        self.diary.heard(told, self.hand.at)

    def _receive(self, session: object, told: Told) -> None:
        row = session.execute(_LETTER, {"id": told.message_id}).one()  # type: ignore[attr-defined]
        back = (self.hand.at + timedelta(days=told.days)).date()
        away = f"I am out of the office and will be back on {back:%-d %B %Y}."
        words = away if told.what is Happening.AWAY else "Thanks for your message. Could you send me more details?"
        replies.receive_email(
            session,  # type: ignore[arg-type]
            self.tenant_id,
            InboundEmail(
                message_id=f"<{told.message_id}.{told.what}@people.example>",
                sender=Mailbox(row.recipient),
                recipients=(row.address,),
                subject=row.subject,
                text=words,
                reply=words,
                at=self.hand.at,
                in_reply_to=f"<{told.message_id}@{row.address.rpartition('@')[2]}>",
                automatic="auto_reply" if told.what is Happening.AWAY else "",
            ),
            self.hand.at,
        )

    def _send(self) -> None:
        with db.transaction(self.tenant_id) as session:
            ready = [row.id for row in session.execute(_INBOXES) if row.due and row.due <= self.hand.at]
        for inbox_id in ready:
            Shift(self.tenant_id, inbox_id, lambda *_: StandIn()).run()
        with db.transaction(self.tenant_id) as session:
            left = session.execute(_SENT, {"now": self.hand.at}).all()
        self.diary.sent(left, self.hand.at)
        self.world.hears(left)

    def _sweep(self) -> None:
        if self.swept and self.hand.at < self.swept + SWEEP_EVERY:
            return
        self.swept = self.hand.at
        with db.transaction(self.tenant_id) as session:
            unknowns.settle(session, self.tenant_id, self.hand.at)
            while progress.sweep(session, self.tenant_id, self.hand.at) >= progress.AT_ONCE:
                continue
            self.diary.look(session, self.hand.at)


def simulate(tenant_id: UUID, asked: Asked, told: Callable[[float], None] = lambda _: None) -> Report:
    """Run a campaign of this tenant's on a virtual clock; nothing of the tenant's own is touched, nothing leaves.

    Raises:
        InvalidError, NotFoundError, RefusedError: it could not be launched for real either, or is too large to try.

    """
    check(asked)
    begins, ends = asked.begins(clock.now()), asked.ends(clock.now())
    hand = Hand(begins)
    with stage.tenant(tenant_id, asked) as made, clock.replaced(hand):
        mission_id = preparing.order(made, asked)
        preparing.work_off(made, mission_id)
        run = Run(made, mission_id, asked, hand, World(asked.rates, asked.seed))
        run.days(ends, told)
        return reporting.report(made, run.diary, begins, hand.at)
