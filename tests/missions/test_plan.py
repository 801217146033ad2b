"""Plans as data: every step has an agent that is built, and can be reached."""

import pytest

from rex_celery import crews
from rex_celery.decisions.states import MissionState, legal_moves
from rex_celery.missions import plan
from rex_celery.missions.orders import MissionType
from rex_celery.missions.plan import TEMPLATES, StepKind


@pytest.mark.parametrize("template", TEMPLATES.values())
def test_every_step_waits_only_for_earlier_ones_and_its_agent_is_built(template: plan.Plan) -> None:
    before: set[str] = set()
    for step in template:
        assert set(step.depends_on) <= before
        assert step.kind is StepKind.APPROVAL or crews.agent(step.agent).built
        before.add(step.key)
    assert len(before) == len(template)


def test_every_type_has_a_template_or_is_refused_with_what_is_missing() -> None:
    for kind in MissionType:
        if kind in TEMPLATES:
            assert plan.plan_for(kind) is TEMPLATES[kind]
        else:
            with pytest.raises(plan.RefusedError, match="does not have yet"):
                plan.plan_for(kind)


def test_a_mission_stands_at_the_earliest_phase_that_is_not_finished() -> None:
    assert plan.phase_of({MissionState.ANALYZING, MissionState.EXECUTING}) is MissionState.EXECUTING
    assert plan.phase_of({MissionState.ANALYZING}) is MissionState.ANALYZING
    assert plan.phase_of(set()) is MissionState.COMPLETED


@pytest.mark.parametrize("after", [MissionState.EXECUTING, MissionState.ANALYZING, MissionState.COMPLETED])
def test_a_path_is_made_of_legal_moves(after: MissionState) -> None:
    before = MissionState.ASSIGNED
    for state in plan.path(before, after):
        assert state in legal_moves(before)
        before = state
    assert before is after


def test_there_is_no_path_backwards_or_out_of_an_end() -> None:
    assert plan.path(MissionState.ANALYZING, MissionState.EXECUTING) == ()
    assert plan.path(MissionState.ESCALATED, MissionState.COMPLETED) == ()
