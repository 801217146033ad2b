"""Missions as they are shown: what the API answers, the UI draws and the command line prints."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from rex_celery.decisions.states import ACTIVE, FINAL, MissionState, legal_moves
from rex_celery.missions.orders import Autonomy, Order
from rex_celery.reasons import REASONS


class StepState(StrEnum):
    """Where a step stands."""

    BLOCKED = "blocked"
    READY = "ready"
    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    QUARANTINED = "quarantined"


class OutcomeState(StrEnum):
    """What became of a lead."""

    PENDING = "pending"
    SENT = "sent"
    SUPPRESSED = "suppressed"
    SKIPPED = "skipped"
    FAILED = "failed"


class MessageState(StrEnum):
    """Where a message stands in the send ledger."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    REPLIED = "replied"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"
    SKIPPED = "skipped"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Action(StrEnum):
    """What a person may do to a mission."""

    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"
    APPROVE = "approve"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many leads or messages stand where: ``planned = sent + suppressed + skipped + failed + pending``, always."""

    planned: int
    sent: int
    suppressed: int
    skipped: int
    failed: int
    pending: int


@dataclass(frozen=True, slots=True)
class Why:
    """Why something stands where it stands, and the one action that would help."""

    code: str
    text: str
    action: str


@dataclass(frozen=True, slots=True)
class Mission:
    """A mission in a list. ``progress`` runs from 0 to 1; ``estimated_seconds`` is what is left, None when unknown."""

    id: UUID
    type: str
    name: str
    state: MissionState
    paused: bool
    paused_at: datetime | None
    priority: int
    autonomy: Autonomy
    progress: float
    counts: Counts
    reason: Why | None
    result: dict[str, object] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    legal_moves: list[MissionState]
    actions: list[Action]
    estimated_seconds: float | None


@dataclass(frozen=True, slots=True)
class MissionStep:
    """One step; ``total``, ``done`` and ``failed`` count its pieces of work."""

    id: UUID
    key: str
    kind: str
    agent: str
    crew: str
    state: StepState
    depends_on: list[str]
    attempt: int
    total: int
    done: int
    failed: int
    started_at: datetime | None
    finished_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Move:
    """One change of a mission's state."""

    at: datetime
    from_state: MissionState
    to_state: MissionState
    reason: str | None


@dataclass(frozen=True, slots=True)
class MissionDetail(Mission):
    """A mission with its steps in order and the moves it made so far.

    ``messages`` counts the messages of all whom it enrolled; None when it enrolled nobody, because each of its leads
    gets one message at most. ``active`` is how many are on their way through its sequence.
    """

    steps: list[MissionStep]
    moves: list[Move]
    messages: Counts | None
    active: int
    campaign_id: UUID | None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of a mission's log."""

    id: int
    at: datetime
    agent: str
    kind: str
    message: str
    details: dict[str, object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one lead of a mission; ``reason`` is a code, ``reason_text`` and ``action`` are for people.

    ``next_at`` is when its next message may go, ``wait`` why not before; both None when none is scheduled.
    """

    lead_id: UUID
    name: str | None
    email: str | None
    state: OutcomeState
    reason: str | None
    reason_text: str | None
    action: str | None
    score: float | None
    strategy: str | None
    channel: str | None
    message_id: UUID | None
    next_at: datetime | None
    wait: Why | None


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person.

    ``position`` is its place in the sequence, None for one that went out at once. While it is planned, ``run_after``
    says from when it may go, None: not before the one before it has arrived. ``wait`` says why it has not gone yet and
    ``why`` explains ``reason``.
    """

    id: UUID
    mission_id: UUID
    lead_id: UUID
    lead_name: str | None
    to: str
    channel: str
    subject: str
    body: str
    framework: str
    state: MessageState
    reason: str | None
    sent_at: datetime | None
    step_key: str
    position: int | None
    enrolment_id: UUID | None
    inbox_id: UUID | None
    run_after: datetime | None
    delivered_at: datetime | None
    why: Why | None
    wait: Why | None


@dataclass(frozen=True, slots=True)
class MessageTotals:
    """How many messages were sent since midnight UTC, and ever."""

    sent_today: int
    total: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What a tenant has: missions by state, messages, leads."""

    missions: dict[str, int]
    messages: MessageTotals
    leads: int


def submitted(order: Order, mission_id: UUID, at: datetime) -> Mission:
    """A mission as it stands right after its submission: nothing is counted yet, so nothing need be read."""
    state = MissionState.QUEUED
    return Mission(
        id=mission_id,
        type=order.type,
        name=order.name,
        state=state,
        paused=False,
        paused_at=None,
        priority=order.priority,
        autonomy=Autonomy(order.autonomy),
        progress=0.0,
        counts=Counts(0, 0, 0, 0, 0, 0),
        reason=None,
        result=None,
        created_at=at,
        started_at=None,
        finished_at=None,
        legal_moves=list(legal_moves(state)),
        actions=actions(state, paused=False, awaits_approval=False),
        estimated_seconds=None,
    )


def why(code: str | None) -> Why | None:
    """A reason code in words; a code of an older version explains itself as well as it can."""
    if code is None:
        return None
    known = REASONS.get(code)
    return Why(code, known.text, known.action) if known else Why(code, code.replace("_", " "), "")


def actions(state: MissionState, *, paused: bool, awaits_approval: bool) -> list[Action]:
    """What a person may do to a mission that stands like this."""
    possible = {
        Action.CANCEL: MissionState.CANCELLED in legal_moves(state),
        Action.PAUSE: state not in {*FINAL, MissionState.FAILED} and not paused,
        Action.RESUME: paused and state not in FINAL,
        Action.RETRY: MissionState.QUEUED in legal_moves(state),
        Action.APPROVE: awaits_approval and state in ACTIVE,
    }
    return [action for action, allowed in possible.items() if allowed]


def remaining_seconds(progress: float, running_seconds: float) -> float | None:
    """How long a mission that came this far in this time will need yet; None while that would be a guess."""
    if progress < LEAST_PROGRESS:
        return None
    return round(running_seconds * (1 - progress) / progress, 1)


# Extrapolating from less than a twentieth is wrong by more than it tells.
LEAST_PROGRESS = 0.05
