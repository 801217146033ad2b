"""What a preflight answers, for the API, the screen and the command line."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class Level(StrEnum):
    """How much a finding matters: an error stops the mission from doing anything useful, a note is good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Notice:
    """A finding about the mission as a whole; ``where`` names the field, policy, sequence or inbox it is about."""

    level: Level
    code: str
    where: str
    text: str
    action: str


@dataclass(frozen=True, slots=True)
class Example:
    """One lead that a finding is about, in which step of its sequence, and what was found."""

    lead_id: UUID
    name: str | None
    step_key: str | None
    found: str


@dataclass(frozen=True, slots=True)
class Held:
    """Leads or messages that would be held back for one reason: how many, at most 50 of them, and what would help."""

    code: str
    text: str
    action: str
    count: int
    examples: list[Example]


@dataclass(frozen=True, slots=True)
class Sum:
    """``looked_at = ready + held``: leads that would be written to, or messages that would go out."""

    looked_at: int
    ready: int
    held: int


@dataclass(frozen=True, slots=True)
class StepSum:
    """The messages of one step of one sequence; ``segments`` are those of its text messages."""

    sequence: str
    step_key: str
    channel: str
    day: int
    ready: int
    held: int
    segments: int


@dataclass(frozen=True, slots=True)
class Texts:
    """What text messages would come to; ``cost`` is None unless a price was given."""

    messages: int
    segments: int
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class SenderView:
    """An inbox that would send. ``inbox_id`` None: it would be made. ``waiting``: messages that wait for it already."""

    inbox_id: UUID | None
    channel: str
    provider: str
    address: str
    state: str
    sends: bool
    built_in: bool
    per_day: int | None
    waiting: int


@dataclass(frozen=True, slots=True)
class Limit:
    """A cap as it bounds a day: ``per_day`` messages over all senders, and on how many days it held some back."""

    code: str
    channel: str | None
    per_day: int
    days: int


@dataclass(frozen=True, slots=True)
class Capacity:
    """An estimate of how long the mission sends, as if nobody answered or bounced.

    ``days`` counts calendar days from the first message to the last; None: more than three years, or nothing goes.
    ``limited_by`` is the cap that holds the most, None: only the days of the sequence count.
    """

    messages: int
    first_day: date | None
    last_day: date | None
    days: int | None
    limited_by: Limit | None
    limits: list[Limit]
    assumed: str


@dataclass(frozen=True, slots=True)
class Preflight:
    """Everything that can be known of a mission before it is ordered; nothing of it was stored.

    ``ok``: no finding is an error. ``audience`` are its leads, of which ``leads.looked_at`` were looked at. A lead that
    is held gets nothing; of the others single messages may be held. ``held_leads`` adds up to ``leads.held``;
    ``held_messages`` names every finding, so a message may stand under several. ``duplicates`` are leads that seem to
    be one person with another.
    """

    at: datetime
    ok: bool
    audience: int
    leads: Sum
    messages: Sum
    notices: list[Notice]
    held_leads: list[Held]
    held_messages: list[Held]
    warnings: list[Held]
    steps: list[StepSum]
    texts: Texts
    senders: list[SenderView]
    capacity: Capacity
