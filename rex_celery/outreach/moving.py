"""What becomes of one person's messages when their sequence gets another version; decided by the keys of its steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from rex_celery.outreach.lattice import SENT
from rex_celery.outreach.steps import Step
from rex_celery.outreach.succession import BY_HAND

REPLACED = "replaced_by_version"


class Stay(StrEnum):
    """Why a person stays with the version they began with."""

    ON_ITS_WAY = "a message is on its way at this moment"
    LOST = "the step they got last is not in the new version"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of an enrolment, as far as it matters here."""

    id: UUID
    step_key: str
    channel: str
    position: int
    state: str
    reason: str | None
    wait_reason: str | None

    @property
    def handed(self) -> bool:
        """Whether it left, or lies with a person who is to send it."""
        return self.state in SENT or (self.state == "planned" and self.wait_reason == BY_HAND)

    @property
    def is_open(self) -> bool:
        """Whether its words may still become others; one that an earlier move took away may come back."""
        planned = self.state == "planned" and self.wait_reason != BY_HAND
        return planned or (self.state == "skipped" and self.reason == REPLACED)


@dataclass(frozen=True, slots=True)
class Move:
    """``kept``: keys of steps that stay as they are. ``upcoming``: the steps to be written, from position ``base``."""

    kept: frozenset[str]
    upcoming: tuple[Step, ...]
    base: int


def plan(messages: Sequence[Message], steps: Sequence[Step]) -> Move | Stay:
    """How these messages of one person, in order of position, move to these steps.

    Only steps after the last one that left are written, and never one that left or ended in another way.
    """
    if any(one.state in {"claimed", "submitted"} for one in messages):
        return Stay.ON_ITS_WAY
    places = {step.key: place for place, step in enumerate(steps)}
    handed = [one for one in messages if one.handed]
    if handed and handed[-1].step_key not in places:
        return Stay.LOST
    after = places[handed[-1].step_key] if handed else -1
    settled = [one for one in messages if not one.is_open]
    kept = frozenset(one.step_key for one in settled)
    upcoming = tuple(step for step in steps[after + 1 :] if step.key not in kept)
    return Move(kept, upcoming, max((one.position for one in settled), default=-1) + 1)
