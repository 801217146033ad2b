"""What travels between the engine and an agent: which piece of work it is, and what became of each lead."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

# A step that is a single task is chunk 0; chunks of leads are numbered from 1.
WHOLE_STEP = 0
_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class WorkRef:
    """One piece of work, by ids: a chunk of a step's leads, or the whole step (``chunk_no`` is WHOLE_STEP)."""

    tenant_id: UUID
    mission_id: UUID
    step_id: UUID
    chunk_no: int
    epoch: int

    @classmethod
    def read(cls, tenant: str, mission: str, step: str, chunk: int, epoch: int) -> "WorkRef":
        """The piece of work that a task's arguments name.

        Raises:
            ValueError: an argument is not an id. TypeError: it is not even a number.

        """
        ref = cls(UUID(str(tenant)), UUID(str(mission)), UUID(str(step)), int(chunk), int(epoch))
        if not (0 <= ref.chunk_no <= _LARGEST and 0 <= ref.epoch <= _LARGEST):
            raise ValueError("a number is out of range")
        return ref

    def arguments(self) -> tuple[str, str, str, int, int]:
        """The same ids as a task's arguments."""
        return str(self.tenant_id), str(self.mission_id), str(self.step_id), self.chunk_no, self.epoch


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an agent says of one lead: its state after this work, and the reason code unless it goes on or was sent.

    ``details`` is JSON text that explains it, such as the parts of a score.
    """

    lead_id: UUID
    state: str = "pending"
    reason: str | None = None
    score: float | None = None
    strategy: str | None = None
    channel: str | None = None
    details: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a piece of work came to: how many leads it looked at, and a result for the step to keep.

    ``dead_end`` is the reason code when the mission cannot go on, such as an empty audience.
    """

    leads: int = 0
    result: dict[str, object] | None = None
    dead_end: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """That an agent failed on one lead, and how; the rest of the batch is not touched by it."""

    error: str


Row = TypeVar("Row")
Made = TypeVar("Made")
# Calls a function on a row and answers a Failure instead of raising; workers hand in one that stops at nothing.
Guard = Callable[[Callable[[Row], Made], Row], Made | Failure]
