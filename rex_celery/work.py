"""What travels between the engine and an agent: which piece of work it is, and what became of each lead."""

from dataclasses import dataclass
from uuid import UUID

WHOLE_STEP = -1


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
            ValueError: an argument is not an id.

        """
        return cls(UUID(tenant), UUID(mission), UUID(step), int(chunk), int(epoch))

    def arguments(self) -> tuple[str, str, str, int, int]:
        """The same ids as a task's arguments."""
        return str(self.tenant_id), str(self.mission_id), str(self.step_id), self.chunk_no, self.epoch


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an agent says of one lead: its state after this work, and the reason code unless it goes on or was sent."""

    lead_id: UUID
    state: str = "pending"
    reason: str | None = None
    score: float | None = None
    strategy: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a piece of work came to. ``unfinished`` leads are left for another round (paused, or provider trouble)."""

    verdicts: tuple[Verdict, ...] = ()
    result: dict[str, object] | None = None
    unfinished: bool = False
