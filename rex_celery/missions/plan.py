"""A mission's plan as data: steps, who carries each out, and what it waits for."""

from dataclasses import dataclass
from enum import StrEnum

from rex_celery import crews
from rex_celery.decisions.states import PHASES, MissionState
from rex_celery.errors import RefusedError
from rex_celery.missions.orders import MissionType


class StepKind(StrEnum):
    """How a step is carried out: once, over all chunks of leads, by a person's word, or by what happens meanwhile."""

    TASK = "task"
    FANOUT = "fanout"
    APPROVAL = "approval"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step. ``weight`` is its share of the mission's progress; the agent of an approval is the coordinator."""

    key: str
    kind: StepKind
    agent: str
    depends_on: tuple[str, ...] = ()
    weight: int = 1
    phase: MissionState = MissionState.EXECUTING


Plan = tuple[PlannedStep, ...]

# lead_reactivation_campaign without enrichment and domain providers. What a mission sends over days is enrolled by its
# send step and approved message by message, so a person decides about what is really going to leave.
_REACTIVATION: Plan = (
    PlannedStep("audience", StepKind.TASK, "data_steward"),
    PlannedStep("steward", StepKind.FANOUT, "data_steward", ("audience",), weight=2),
    PlannedStep("revive", StepKind.FANOUT, "reviver", ("steward",), weight=2),
    PlannedStep("personalize", StepKind.FANOUT, "personalizer", ("revive",), weight=5),
    PlannedStep("comply", StepKind.FANOUT, "compliance", ("personalize",), weight=2),
    PlannedStep("quality", StepKind.FANOUT, "quality_control", ("personalize",), weight=2),
    PlannedStep("send", StepKind.FANOUT, "outreach", ("comply", "quality"), weight=8),
    PlannedStep("approve", StepKind.APPROVAL, "coordinator", ("send",), phase=MissionState.COLLECTING),
    PlannedStep("collect", StepKind.WAIT, "outreach", ("approve",), phase=MissionState.COLLECTING),
    PlannedStep("analyze", StepKind.TASK, "analytics", ("collect",), phase=MissionState.ANALYZING),
)

TEMPLATES: dict[MissionType, Plan] = {MissionType.LEAD_REACTIVATION: _REACTIVATION}

# Agents that a template will need, for the types whose template cannot run yet.
_MISSING = {
    MissionType.CAMPAIGN_EXECUTION: ("icp_intelligence", "scraper", "deliverability"),
    MissionType.ICP_EXTRACTION: ("icp_intelligence", "scraper", "lead_sourcer"),
    MissionType.DOMAIN_ROTATION: ("deliverability", "rotation_coordinator"),
    MissionType.PERFORMANCE_OPTIMIZATION: ("ab_tester", "send_time_optimizer", "deliverability"),
    MissionType.ERROR_RECOVERY: ("error_recovery",),
}


def plan_for(mission_type: MissionType) -> Plan:
    """The plan of a mission type.

    Raises:
        RefusedError: the plan needs an agent that this version of REX does not have.

    """
    unbuilt = [name for name in _MISSING.get(mission_type, ()) if not crews.agent(name).built]
    if unbuilt:
        raise RefusedError(
            f"{mission_type} needs agents that this version of REX does not have yet: {', '.join(unbuilt)}.",
            code="agent_not_built",
            action="Submit a lead_reactivation mission; GET /api/rex/agents/status shows what is built.",
        )
    return TEMPLATES[mission_type]


def phase_of(unfinished: set[MissionState]) -> MissionState:
    """Where a mission stands, by the phases of its unfinished steps: the earliest, or completed when none is left."""
    return next((phase for phase in PHASES if phase in unfinished), MissionState.COMPLETED)


def path(before: MissionState, after: MissionState) -> tuple[MissionState, ...]:
    """The states to walk through, in order, from ``before`` to ``after``; empty when already there or past it."""
    line = (MissionState.QUEUED, MissionState.ASSIGNED, *PHASES[:3], MissionState.COMPLETED)
    if before not in line or after not in line:
        return ()
    return line[line.index(before) + 1 : line.index(after) + 1]
