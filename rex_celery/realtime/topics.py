"""Which topics an event belongs to, and which topics a client may ask for."""

from collections.abc import Iterable
from uuid import UUID

from rex_celery.errors import InvalidError, Problem

TOPICS = ("missions", "agents", "domains", "analytics", "errors", "system")
MISSION_PREFIX = "mission:"
# A page shows a handful of missions; far more than that is a client that forgets to unsubscribe.
MOST_TOPICS = 100

# The first topic is the one an event is labelled with.
_BY_FAMILY = {
    "mission": ("missions",),
    "step": ("missions",),
    "message": ("missions", "analytics"),
    "lead": ("missions", "analytics"),
    "agent": ("agents",),
    "domain": ("domains",),
    "analytics": ("analytics",),
    "error": ("errors",),
    "system": ("system",),
}
_BY_TYPE = {"agent.failed": ("agents", "errors")}


def topics_of(event_type: str, mission_id: UUID | None) -> tuple[str, ...]:
    """Every topic whose subscribers hear of this event, its main one first; a new family of events is ``system``."""
    family = event_type.partition(".")[0]
    topics = _BY_TYPE.get(event_type) or _BY_FAMILY.get(family, ("system",))
    return topics if mission_id is None else (*topics, f"{MISSION_PREFIX}{mission_id}")


def room(tenant_id: UUID, topic: str) -> str:
    """The Socket.IO room of one topic of one tenant; the tenant in its name is what keeps tenants apart."""
    return f"t:{tenant_id}:{topic}"


def parse(names: Iterable[object]) -> tuple[str, ...]:
    """The topics that a client asked for, each once, in the spelling REX uses.

    Raises:
        InvalidError: a name is no topic; every wrong one is listed.

    """
    found: dict[str, None] = {}
    problems = []
    for number, name in enumerate(names):
        topic = _topic(name)
        if topic is None:
            problems.append(Problem(f"topics[{number}]", f"{name!r} is not a topic", _EXPECTED))
        else:
            found[topic] = None
    if problems:
        raise InvalidError("Unknown topic.", code="unknown_topic", problems=tuple(problems))
    return tuple(found)


def mission_of(topic: str) -> UUID | None:
    """The mission that a topic follows, or None for a topic of the whole tenant."""
    return UUID(topic.removeprefix(MISSION_PREFIX)) if topic.startswith(MISSION_PREFIX) else None


_EXPECTED = f"one of {', '.join(TOPICS)} or {MISSION_PREFIX}<id>"


def _topic(name: object) -> str | None:
    if not isinstance(name, str):
        return None
    if name in TOPICS:
        return name
    if not name.startswith(MISSION_PREFIX):
        return None
    try:
        return f"{MISSION_PREFIX}{UUID(name.removeprefix(MISSION_PREFIX))}"
    except ValueError:
        return None
