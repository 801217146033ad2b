"""What can happen, in the past tense; each becomes a row of the event log and a live message."""

from dataclasses import asdict, dataclass, field
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. ``type`` names it on the wire; the fields beside ``mission_id`` are its payload."""

    type: ClassVar[str] = ""
    mission_id: UUID | None

    def payload(self) -> dict[str, object]:
        """The event's own fields, ready for JSON."""
        fields = asdict(self)
        del fields["mission_id"]
        return {name: str(value) if isinstance(value, UUID) else value for name, value in fields.items()}


@dataclass(frozen=True, slots=True)
class MissionSubmitted(Event):
    """A mission was accepted and stored."""

    type: ClassVar[str] = "mission.submitted"
    name: str
    mission_type: str


@dataclass(frozen=True, slots=True)
class MissionMoved(Event):
    """A mission went from one state to another."""

    type: ClassVar[str] = "mission.moved"
    before: str
    after: str
    reason: str | None = None
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MissionProgressed(Event):
    """A mission's leads moved on; ``counts`` adds up: planned = sent + suppressed + skipped + failed + pending."""

    type: ClassVar[str] = "mission.progress"
    progress: float
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class MissionPaused(Event):
    """A person paused a mission."""

    type: ClassVar[str] = "mission.paused"


@dataclass(frozen=True, slots=True)
class MissionResumed(Event):
    """A person let a mission go on."""

    type: ClassVar[str] = "mission.resumed"


@dataclass(frozen=True, slots=True)
class StepStarted(Event):
    """The first piece of a step's work began."""

    type: ClassVar[str] = "step.started"
    key: str
    agent: str


@dataclass(frozen=True, slots=True)
class StepFinished(Event):
    """All of a step's work ended."""

    type: ClassVar[str] = "step.finished"
    key: str
    agent: str
    state: str
    done: int
    failed: int


@dataclass(frozen=True, slots=True)
class AgentCompleted(Event):
    """An agent ended a piece of work."""

    type: ClassVar[str] = "agent.completed"
    agent: str
    leads: int
    seconds: float


@dataclass(frozen=True, slots=True)
class AgentFailed(Event):
    """A piece of an agent's work failed for good."""

    type: ClassVar[str] = "agent.failed"
    agent: str
    error: str


@dataclass(frozen=True, slots=True)
class MessagesSent(Event):
    """Messages were accepted for delivery."""

    type: ClassVar[str] = "message.sent"
    count: int
    channel: str


@dataclass(frozen=True, slots=True)
class LeadSuppressed(Event):
    """A person may not be written to any more."""

    type: ClassVar[str] = "lead.suppressed"
    lead_id: UUID | None
    reason: str


@dataclass(frozen=True, slots=True)
class SendingStopped(Event):
    """A person pressed the emergency stop."""

    type: ClassVar[str] = "system.sending_stopped"


@dataclass(frozen=True, slots=True)
class SendingReleased(Event):
    """A person released the emergency stop."""

    type: ClassVar[str] = "system.sending_released"


@dataclass(frozen=True, slots=True)
class LeadsImported(Event):
    """A list was taken in."""

    type: ClassVar[str] = "system.leads_imported"
    import_id: UUID
    created: int
    merged: int
    rejected: int


@dataclass(frozen=True, slots=True)
class ErrorEscalated(Event):
    """Something needs a person to decide."""

    type: ClassVar[str] = "error.escalation"
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class MessageChanged(Event):
    """Something became known about messages that had left; ``state`` as in the ledger, such as delivered or bounced."""

    type: ClassVar[str] = "message.changed"
    state: str
    count: int
    channel: str


@dataclass(frozen=True, slots=True)
class EnrolmentsStopped(Event):
    """People left their sequences before the end."""

    type: ClassVar[str] = "enrolment.stopped"
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class ReplyReceived(Event):
    """A person answered."""

    type: ClassVar[str] = "reply.received"
    lead_id: UUID | None
    thread_id: UUID | None
    channel: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class TodoCreated(Event):
    """A person has something to do."""

    type: ClassVar[str] = "todo.created"
    todo_id: UUID
    kind: str


@dataclass(frozen=True, slots=True)
class TodoClosed(Event):
    """Something to do was done or dismissed."""

    type: ClassVar[str] = "todo.closed"
    todo_id: UUID
    kind: str
    state: str


@dataclass(frozen=True, slots=True)
class MeetingBooked(Event):
    """A meeting was booked or moved to another time; ``sequence`` rises with each move."""

    type: ClassVar[str] = "meeting.booked"
    meeting_id: UUID
    lead_id: UUID | None
    starts_at: str
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class MeetingCancelled(Event):
    """A meeting was called off."""

    type: ClassVar[str] = "meeting.cancelled"
    meeting_id: UUID
    lead_id: UUID | None


@dataclass(frozen=True, slots=True)
class SenderHeld(Event):
    """An inbox does not send for now: its provider fails, or somebody paused it."""

    type: ClassVar[str] = "sender.held"
    inbox_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class SenderReleased(Event):
    """An inbox sends again."""

    type: ClassVar[str] = "sender.released"
    inbox_id: UUID


@dataclass(frozen=True, slots=True)
class WebhookDisabled(Event):
    """An endpoint failed for so long that nothing is sent to it any more."""

    type: ClassVar[str] = "alert.webhook_disabled"
    endpoint_id: UUID
    reason: str
