"""What each agent did for a tenant: runs, success, time, model use, cost."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.crews import ROSTER, AgentProfile, Crew

_RUNS = text(
    """
SELECT agent, count(*) AS runs, count(*) FILTER (WHERE succeeded) AS succeeded, avg(seconds) AS mean_seconds,
  sum(leads)::bigint AS leads, sum(model_calls)::bigint AS model_calls, sum(cost) AS cost,
  max(finished_at) AS last_run_at
FROM agent_runs GROUP BY agent
"""
)


@dataclass(frozen=True, slots=True)
class AgentStatus:
    """One agent and its record; rates and means are None before its first run. ``cost`` is in dollars."""

    name: str
    crew: Crew
    job: str
    built: bool
    runs: int
    succeeded: int
    failed: int
    success_rate: float | None
    mean_seconds: float | None
    leads: int
    model_calls: int
    cost: float
    last_run_at: datetime | None


def of_all(session: Session) -> list[AgentStatus]:
    """The whole roster, in its order, with what each agent did for the session's tenant."""
    known = {row.agent: row for row in session.execute(_RUNS)}
    return [_status(agent, known.get(agent.name)) for agent in ROSTER]


def _status(agent: AgentProfile, row: Row[Any] | None) -> AgentStatus:
    who = (agent.name, agent.crew, agent.job, agent.built)
    if row is None:
        return AgentStatus(*who, 0, 0, 0, None, None, 0, 0, 0.0, None)
    failed, rate = row.runs - row.succeeded, round(row.succeeded / row.runs, 4)
    seconds = round(row.mean_seconds, 4)
    work = (row.leads, row.model_calls, row.cost, row.last_run_at)
    return AgentStatus(*who, row.runs, row.succeeded, failed, rate, seconds, *work)
