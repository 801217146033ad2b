"""What explanations are made of, as the API answers them and the screen draws them."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from rex_celery.missions import views
from rex_celery.missions.views import Counts, Message, MissionDetail, Why
from rex_celery.outreach.cap_room import CapRoom
from rex_celery.outreach.inboxes import Inbox


@dataclass(frozen=True, slots=True)
class Hold:
    """One thing that keeps something from going now, and the one action that would help.

    ``until``: when it ends by itself, None when somebody must act. ``final``: not a wait, it would never be sent.
    ``zone`` and ``source`` are the clocks of a window and how they are known, ``used`` and ``limit`` those of a cap.
    """

    code: str
    text: str
    action: str
    until: datetime | None = None
    final: bool = False
    zone: str | None = None
    source: str | None = None
    used: int | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Conservation:
    """Whether the numbers add up: the counters that triggers keep, and the rows themselves counted now.

    ``adds_up``: planned = sent + suppressed + skipped + failed + pending. ``equals_rows``: both say the same.
    """

    counters: Counts
    rows: Counts
    adds_up: bool
    equals_rows: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How many leads or messages ended in a state for one reason; ``why`` None: nothing needs explaining."""

    state: str
    count: int
    why: Why | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many messages wait for one reason, and when the first of them is looked at again, None: not by itself."""

    why: Why
    count: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Upcoming:
    """How many messages are scheduled for one UTC day; windows and caps may move them on."""

    day: date
    channel: str
    count: int


@dataclass(frozen=True, slots=True)
class SenderState:
    """An inbox that sends for a mission: how many of its messages wait and left, and what holds the inbox now."""

    inbox_id: UUID
    channel: str
    address: str
    provider: str
    state: str
    waiting: int
    sent: int
    next_at: datetime | None
    holds: list[Hold]


@dataclass(frozen=True, slots=True)
class MissionExplained:
    """A mission: what happened, what is next and when, what blocks it and what would unblock it.

    ``outcomes`` are its leads by ending, ``unsent`` its messages that will not be sent, ``waiting`` those that will.
    ``messages`` is None when it enrolled nobody, because then each lead gets one message at most.
    """

    mission: MissionDetail
    summary: str
    holds: list[Hold]
    leads: Conservation
    messages: Conservation | None
    outcomes: list[Tally]
    unsent: list[Tally]
    waiting: list[Waiting]
    next_at: datetime | None
    upcoming: list[Upcoming]
    senders: list[SenderState]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a person. ``kind`` is for machines, ``text`` for people, ``by`` who did or told it."""

    at: datetime
    kind: str
    text: str
    by: str
    mission_id: UUID | None
    message_id: UUID | None
    why: Why | None


@dataclass(frozen=True, slots=True)
class Window:
    """When its reader may be written to: ``opens_at`` now or later, None: never. ``zone`` by ``source``."""

    opens_at: datetime | None
    closes_at: datetime | None
    zone: str | None
    source: str | None


@dataclass(frozen=True, slots=True)
class MessageExplained:
    """A message: what became of it, or what would hold it if it were due now, the first thing first.

    ``next_at``: the earliest moment at which it may go, as far as that is known; None when it was sent or never will
    be, when somebody must act first, or when it has no time yet: then it comes ``after_days`` days after the message
    before it has arrived. ``caps`` are those it would count towards.
    """

    message: Message
    summary: str
    holds: list[Hold]
    next_at: datetime | None
    after_days: int | None
    window: Window | None
    caps: list[CapRoom]
    history: list[Event]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Where a person is on their way through a sequence."""

    enrolment_id: UUID
    mission_id: UUID
    sequence_id: UUID
    sequence: str
    version: int
    state: str
    why: Why | None
    resume_at: datetime | None
    counts: Counts
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class LeadExplained:
    """A person: all that happened, newest first, what comes next and what stands against it.

    ``stops`` are entries of the suppression ledger that reach them, ``texting``: they agreed to text messages.
    ``more``: there is more history than is shown here.
    """

    lead_id: UUID
    name: str | None
    email: str | None
    phone: str | None
    summary: str
    stops: list[Why]
    texting: bool
    enrolments: list[Enrolled]
    next: MessageExplained | None
    timeline: list[Event]
    more: bool


@dataclass(frozen=True, slots=True)
class Slowed:
    """A recipient provider that asked this inbox to go slower."""

    recipient_provider: str
    per_hour: float
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Day:
    """What an inbox sent on one UTC day, by the states of those messages now."""

    day: date
    states: dict[str, int]


@dataclass(frozen=True, slots=True)
class InboxExplained:
    """An inbox: what holds it, what of its caps is used, what waits for it, and what it sent in the last days."""

    inbox: Inbox
    summary: str
    holds: list[Hold]
    caps: list[CapRoom]
    slowed: list[Slowed]
    waiting: list[Waiting]
    next_at: datetime | None
    days: list[Day]


def hold(code: str, until: datetime | None = None, *, final: bool = False) -> Hold:
    """A hold of this reason, in words."""
    why = known(code)
    return Hold(code, why.text, why.action, until, final)


def known(code: str) -> Why:
    """A reason code in words."""
    return views.why(code) or Why(code, "", "")
