"""Crews and roster agree with the tasks, the files and the plans that carry them out."""

from importlib import import_module
from typing import Any

import pytest

from rex_celery import crews
from rex_celery.embedded.services import Services
from rex_celery.missions.plan import TEMPLATES, StepKind
from tests.architecture.source import CHECKOUT

# Work of a crew that is no agent's piece of a mission.
CHORES = {
    "campaign.send_due",
    "campaign.poll_mailbox",
    "campaign.label_reply",
    "campaign.simulate",
    "special_forces.write_calendars",
    "special_forces.deliver_webhooks",
}
BUILT = {agent.name: agent for agent in crews.ROSTER if agent.built}


@pytest.fixture
def app(database: Services) -> Any:
    """The app as a worker loads it."""
    loaded = import_module("workers.app").app
    loaded.loader.import_default_modules()
    return loaded


def test_there_are_28_agents_in_5_crews() -> None:
    assert len(crews.ROSTER) == len({agent.name for agent in crews.ROSTER}) == 28
    assert {agent.crew for agent in crews.ROSTER} == set(crews.Crew)
    assert len(crews.Crew) == 5


def test_every_built_agent_is_a_registered_task_and_no_other_is_but_the_crews_chores(app: Any) -> None:
    ours = {name for name in app.tasks if name.partition(".")[0] in set(crews.Crew)} - CHORES

    assert ours == {f"{agent.crew}.{agent.name}" for agent in BUILT.values()}


def test_every_built_agent_has_its_file_with_a_class_of_its_name() -> None:
    for agent in BUILT.values():
        module = import_module(f"rex_celery.agents.{agent.name}")
        found = getattr(module, agent.name.title().replace("_", ""))
        assert found().name == agent.name


def test_no_agent_has_a_file_but_is_not_marked_as_built() -> None:
    files = {path.stem for path in (CHECKOUT / "rex_celery" / "agents").glob("*.py")}

    assert files & {agent.name for agent in crews.ROSTER} == set(BUILT)


def test_every_crew_with_a_built_agent_has_its_file_of_tasks() -> None:
    for crew in {agent.crew for agent in BUILT.values()}:
        assert (CHECKOUT / "workers" / f"{crew}.py").exists()


def test_every_step_of_a_template_is_some_built_agents_work() -> None:
    for plan in TEMPLATES.values():
        assert {step.agent for step in plan if step.kind is not StepKind.APPROVAL} <= set(BUILT)


def test_the_queues_are_one_per_crew_and_control(app: Any) -> None:
    configured = {queue.name for queue in app.conf.task_queues}

    assert configured == {f"crew.{crew}" for crew in crews.Crew} | {"control"}
