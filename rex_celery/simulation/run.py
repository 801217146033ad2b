"""The virtual days: from one moment at which something happens to the next, until nobody is on their way any more."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.integrations.base import Delivery, InboundEmail, Mailbox, Outbound, ProviderEvent, Receipt, Submit
from rex_celery.missions import collect
from rex_celery.outreach import facts, progress, replies, unknowns
from rex_celery.outreach.by_hand import MANUAL
from rex_celery.outreach.sending import Shift
from rex_celery.simulation import preparing, reporting, stage
from rex_celery.simulation.asked import Asked, check
from rex_celery.simulation.reporting import Diary, Report
from rex_celery.simulation.world import PROVIDER, Happening, Told, World

# What falls due or is told within so long is dealt with together, but for an inbox that keeps a gap or waits for room.
GRAIN = timedelta(minutes=15)
SWEEP_EVERY = timedelta(hours=12)
# Somebody does the tasks for a person's hand within so long.
BY_HAND = timedelta(hours=4)

_INBOXES = text("""
SELECT i.id, greatest(i.next_free_at, m.due) AS due, coalesce(i.next_free_at > m.due, false) AS exact
FROM inboxes AS i CROSS JOIN LATERAL (
  SELECT min(run_after) AS due FROM messages WHERE inbox_id = i.id AND state = 'planned' AND run_after IS NOT NULL
) AS m WHERE i.state = 'active' AND m.due IS NOT NULL ORDER BY i.id
""")
_SENT = text("""
SELECT m.id, m.lead_id, m.recipient, m.step_key, m.channel, m.sent_at FROM messages AS m
WHERE m.id = ANY(CAST(:ids AS uuid[])) ORDER BY m.id
""")
_TASKS = text("""
UPDATE todos SET state = 'done', done_at = :now, done_by = 'simulation'
WHERE kind = 'linkedin_task' AND state = 'open' AND created_at <= :before RETURNING message_id
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
            self.hand.at = max(self.hand.at + timedelta(seconds=1), self._next(until))
            told(min(1.0, (self.hand.at - begin) / (until - begin)))
        progress.sweep_all(self.tenant_id, self.hand.at)
        with db.transaction(self.tenant_id) as session:
            collect.look(session, self.tenant_id, self.mission_id)
        preparing.work_off(self.tenant_id, self.mission_id)

    def _anybody(self) -> bool:
        with db.transaction(self.tenant_id) as session:
            return bool(session.execute(_ACTIVE).scalar())

    def _next(self, until: datetime) -> datetime:
        with db.transaction(self.tenant_id) as session:
            rows = session.execute(_INBOXES).all()
        moments: list[datetime] = [row.due if row.exact else _grained(row.due) for row in rows]
        coming = self.world.next_at()
        moments += [_grained(coming)] if coming else []
        moments += [self.swept + SWEEP_EVERY] if self.swept else []
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
            ready = [row.id for row in session.execute(_INBOXES) if row.due <= self.hand.at]
        shifts = [Shift(self.tenant_id, inbox_id, lambda *_: StandIn()) for inbox_id in ready]
        if not sum(shift.run() for shift in shifts):
            return
        with db.transaction(self.tenant_id) as session:
            ids = [id_ for shift in shifts for id_ in shift.handed]
            left = session.execute(_SENT, {"ids": ids}).all()
        self.diary.sent(left, self.hand.at)
        self.world.hears(left)

    def _do_tasks(self) -> None:
        """Somebody sends by hand what was put on the to-do list."""
        with db.transaction(self.tenant_id) as session:
            done = session.execute(_TASKS, {"before": self.hand.at - BY_HAND, "now": self.hand.at}).all()
            told = [
                ProviderEvent(MANUAL, f"{row.message_id}:by-hand", "accepted", "api", self.hand.at, row.message_id)
                for row in done
            ]
            facts.store(session, self.tenant_id, told, self.hand.at)
        self.diary.days[self.hand.at.date()]["sent_linkedin"] += len(done)

    def _sweep(self) -> None:
        if self.swept and self.hand.at < self.swept + SWEEP_EVERY:
            return
        self.swept = self.hand.at
        self._do_tasks()
        with db.transaction(self.tenant_id) as session:
            unknowns.settle(session, self.tenant_id, self.hand.at)
            self.diary.look(session, self.hand.at)
        progress.sweep_all(self.tenant_id, self.hand.at)


def _grained(moment: datetime) -> datetime:
    """The next quarter of an hour."""
    return moment + (datetime.min.replace(tzinfo=moment.tzinfo) - moment) % GRAIN


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
        preparing.know_the_rows(made)
        run = Run(made, mission_id, asked, hand, World(asked.rates, asked.seed))
        run.days(ends, told)
        return reporting.report(made, run.diary, begins, hand.at)
