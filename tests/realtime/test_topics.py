from uuid import UUID, uuid4

import pytest

from rex_celery import events
from rex_celery.errors import InvalidError
from rex_celery.realtime import topics

MISSION = UUID("0b9f3a52-6e2c-4b4e-9a52-1f0de9f4a001")


@pytest.mark.parametrize(
    ("event_type", "mission", "expected"),
    [
        ("mission.moved", MISSION, ("missions", f"mission:{MISSION}")),
        ("step.finished", MISSION, ("missions", f"mission:{MISSION}")),
        ("message.sent", MISSION, ("missions", "analytics", f"mission:{MISSION}")),
        ("agent.completed", MISSION, ("agents", f"mission:{MISSION}")),
        ("agent.failed", MISSION, ("agents", "errors", f"mission:{MISSION}")),
        ("error.escalation", MISSION, ("errors", f"mission:{MISSION}")),
        ("lead.suppressed", None, ("missions", "analytics")),
        ("system.sending_stopped", None, ("system",)),
        ("invented.later", None, ("system",)),
    ],
)
def test_an_event_belongs_to_its_family_and_to_its_mission(
    event_type: str, mission: UUID | None, expected: tuple[str, ...]
) -> None:
    assert topics.topics_of(event_type, mission) == expected


def test_every_event_that_rex_knows_has_topics_a_client_may_ask_for() -> None:
    for event in events.Event.__subclasses__():
        assert set(topics.topics_of(event.type, None)) <= set(topics.TOPICS), event.type


def test_rooms_of_two_tenants_are_never_the_same() -> None:
    assert topics.room(uuid4(), "missions") != topics.room(uuid4(), "missions")


def test_asked_for_topics_come_back_once_and_in_one_spelling() -> None:
    asked = ["missions", f"mission:{str(MISSION).upper()}", "missions"]
    assert topics.parse(asked) == ("missions", f"mission:{MISSION}")


def test_every_wrong_topic_is_named_with_its_place() -> None:
    with pytest.raises(InvalidError) as refused:
        topics.parse(["missions", "everything", "mission:7", 7])
    assert [problem.where for problem in refused.value.problems] == ["topics[1]", "topics[2]", "topics[3]"]
    assert "missions, agents" in refused.value.problems[0].expected


def test_a_topic_tells_which_mission_it_follows() -> None:
    assert topics.mission_of(f"mission:{MISSION}") == MISSION
    assert topics.mission_of("missions") is None
