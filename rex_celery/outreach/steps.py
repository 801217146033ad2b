"""The steps of a sequence as data, read from what is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rex_celery.vocabulary import Channel


class OnFail(StrEnum):
    """What becomes of the enrolment when a step cannot be sent."""

    WAIT = "wait"  # try this step again a day later, a week long; then go on without it
    SKIP = "skip"  # go on without it
    SUBSTITUTE = "substitute"  # say it on another channel
    STOP = "stop"  # end the sequence


class Condition(StrEnum):
    """When a step is sent. What a person does is a human click or a reply; opens never count."""

    ALWAYS = "always"
    CLICKED = "clicked"
    NOT_CLICKED = "not_clicked"
    # A reply ends everything that sends itself, so a step on it can only ask a person to act.
    REPLIED = "replied"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a sequence.

    ``day`` counts from the arrival of the first message; ``condition_step`` is the key it looks at, empty for any
    earlier one. ``subject`` empty: in the thread of the first e-mail. ``todo``: asks a person, sends nothing.
    ``framework``: has no text of its own, the personalizer writes it as a first touch.
    """

    key: str
    channel: Channel
    day: int
    body: str
    subject: str = ""
    condition: Condition = Condition.ALWAYS
    condition_step: str = ""
    on_fail: OnFail = OnFail.SKIP
    substitute: Channel | None = None
    todo: bool = False
    framework: bool = False


def read(stored: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    """The steps of a stored version, in order."""
    return tuple(_step(one) for one in stored)


def _step(stored: Mapping[str, Any]) -> Step:
    substitute = stored.get("substitute")
    return Step(
        key=stored["key"],
        channel=Channel(stored["channel"]),
        day=stored["day"],
        body=stored.get("body", ""),
        subject=stored.get("subject", ""),
        condition=Condition(stored.get("condition", Condition.ALWAYS)),
        condition_step=stored.get("condition_step", ""),
        on_fail=OnFail(stored.get("on_fail", OnFail.SKIP)),
        substitute=Channel(substitute) if substitute else None,
        todo=stored.get("todo", False),
        framework=stored.get("framework", False),
    )
