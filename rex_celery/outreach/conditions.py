"""Whether a step is sent, by what the person did: human clicks and replies, never opens."""

from dataclasses import dataclass

from rex_celery.outreach.steps import Condition, Step


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person did so far. ``clicked`` has the keys of the steps in which they clicked a link themselves."""

    clicked: frozenset[str] = frozenset()
    replied: bool = False


def holds(step: Step, standing: Standing) -> bool:
    """Whether the step's condition holds now."""
    if step.condition is Condition.ALWAYS:
        return True
    if step.condition is Condition.REPLIED:
        return standing.replied
    clicked = step.condition_step in standing.clicked if step.condition_step else bool(standing.clicked)
    return clicked is (step.condition is Condition.CLICKED)
