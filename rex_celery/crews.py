"""The 5 crews, each with its own worker queue, and the roster of 28 agents, each with one job."""

from dataclasses import dataclass
from enum import StrEnum

CONTROL_QUEUE = "control"


class Crew(StrEnum):
    """A group of agents that shares one worker queue."""

    DEAD_LEAD = "dead_lead"
    AUTO_ICP = "auto_icp"
    CAMPAIGN = "campaign"
    DOMAIN_HEALTH = "domain_health"
    SPECIAL_FORCES = "special_forces"


@dataclass(frozen=True, slots=True)
class AgentProfile:
    """What an agent is for. ``built`` is False while REX cannot run it; a plan that needs it is refused."""

    name: str
    crew: Crew
    job: str
    built: bool = False


def queue_of(crew: Crew) -> str:
    """The Celery queue that this crew's workers read."""
    return f"crew.{crew}"


QUEUES = (*(queue_of(crew) for crew in Crew), CONTROL_QUEUE)

_DL, _AI, _CA, _DH, _SF = Crew

ROSTER = (
    AgentProfile("reviver", _DL, "Scores how worth waking each lead is and picks its strategy.", built=True),
    AgentProfile("researcher", _DL, "Finds recent facts about a lead and its company."),
    AgentProfile("scraper", _DL, "Fills in missing contact fields from enrichment providers within a budget."),
    AgentProfile("data_steward", _DL, "Picks a mission's leads and mends what their records allow.", built=True),
    AgentProfile("lead_scorer", _DL, "Estimates the probability that a lead replies, and says why."),
    AgentProfile("nurturer", _DL, "Keeps leads warm that are not ready yet."),
    AgentProfile("icp_intelligence", _AI, "Learns the ideal customer from won customers."),
    AgentProfile("segmenter", _AI, "Splits leads into segments by fit."),
    AgentProfile("lead_sourcer", _AI, "Finds new leads that fit the ideal customer."),
    AgentProfile("market_analyst", _AI, "Describes the market around a segment."),
    AgentProfile("personalizer", _CA, "Writes each lead's message from stored facts.", built=True),
    AgentProfile("subject_optimizer", _CA, "Proposes subject lines and learns which work."),
    AgentProfile("compliance", _CA, "Holds back whoever may not be written to.", built=True),
    AgentProfile("quality_control", _CA, "Holds back messages that are not fit to be sent.", built=True),
    AgentProfile("outreach", _CA, "Claims each message in the ledger and delivers it once.", built=True),
    AgentProfile("follow_up", _CA, "Plans the next touch after silence."),
    AgentProfile("reply_handler", _CA, "Classifies replies and drafts answers."),
    AgentProfile("meeting_booker", _CA, "Turns interest into a booked meeting."),
    AgentProfile("billing", _CA, "Counts what a tenant used and what it costs."),
    AgentProfile("deliverability", _DH, "Watches the health of every sending domain."),
    AgentProfile("warmup_manager", _DH, "Raises a new sender's daily volume step by step."),
    AgentProfile("rotation_coordinator", _DH, "Replaces a sender whose reputation falls."),
    AgentProfile("inbox_manager", _DH, "Allocates and suspends inboxes."),
    AgentProfile("coordinator", _SF, "Turns a mission into a plan and checks that it met its goal."),
    AgentProfile("analytics", _SF, "Counts what a mission did and reports it.", built=True),
    AgentProfile("ab_tester", _SF, "Assigns variants and decides when a test may conclude."),
    AgentProfile("send_time_optimizer", _SF, "Learns the hour at which people answer."),
    AgentProfile("error_recovery", _SF, "Diagnoses failures and applies a known remedy."),
)

_BY_NAME = {agent.name: agent for agent in ROSTER}


def agent(name: str) -> AgentProfile:
    """The profile of one agent.

    Raises:
        KeyError: no agent of the roster has this name.

    """
    return _BY_NAME[name]
