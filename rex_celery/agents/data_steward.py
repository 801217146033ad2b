"""Data steward: picks a mission's leads, and sets aside those that nobody could reach."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.agents import queries
from rex_celery.agents.base import BaseAgent, Job, LeadRow
from rex_celery.compliance import addresses
from rex_celery.work import WHOLE_STEP, Report, Verdict

# A chunk is one task: large enough that Celery's share of a lead is small, small enough that workers share a mission.
SHARES, SMALLEST, LARGEST = 16, 5, 200

_COUNT_LIST = text("SELECT count(*) FROM import_members WHERE import_id = :list")
_COUNT_ALL = text("SELECT count(*) FROM leads")
_TAKE = """
INSERT INTO outcomes (tenant_id, mission_id, lead_id, chunk_no)
SELECT :tenant, :mission, l.id, 1 + (row_number() OVER (ORDER BY l.id) - 1) / :size FROM {source}
ON CONFLICT DO NOTHING
"""
_TAKE_LIST = text(
    _TAKE.format(source="import_members AS i JOIN leads AS l ON l.id = i.lead_id WHERE i.import_id = :list")
)
_TAKE_ALL = text(_TAKE.format(source="leads AS l"))
# With the statistics of an empty table the planner expects one row and takes nested loops over a hundred thousand.
_ANALYZE_FROM = 10_000
_ANALYZE = text("ANALYZE outcomes, outcome_counters")


@dataclass(frozen=True, slots=True)
class DataSteward(BaseAgent[Sequence[Row[Any]], list[Verdict]]):
    """Picks a mission's leads and sets aside those that nobody could reach."""

    name: str = field(init=False, default="data_steward")

    def load(self, session: Session, job: Job) -> Sequence[Row[Any]]:
        """The leads of the chunk; none for the step that picks the audience."""
        return [] if job.ref.chunk_no == WHOLE_STEP else queries.pending_leads(session, job.ref)

    def work(self, job: Job, batch: Sequence[Row[Any]]) -> list[Verdict]:  # noqa: ARG002
        """Judge whether anyone could reach each lead."""
        return self.judged(batch, reachable)

    def record(self, session: Session, job: Job, made: list[Verdict]) -> Report:
        """Store the audience, or the verdicts on one chunk of it."""
        if job.ref.chunk_no == WHOLE_STEP:
            return pick_audience(session, job)
        return self.store(session, job, made, keep_history=False)


def reachable(lead: LeadRow) -> Verdict:
    """Whether there is any way to this person: a usable address, a number or a profile."""
    problem = addresses.refusal(lead.email) if lead.email else "no_channel"
    if problem is None or lead.phone or lead.linkedin_url:
        return Verdict(lead.lead_id)
    return Verdict(lead.lead_id, "skipped", problem)


def pick_audience(session: Session, job: Job) -> Report:
    """Write one outcome row for each lead of the mission, numbered into chunks that stay the same to its end."""
    chosen = job.params.get("import_id")
    count = session.execute(_COUNT_LIST if chosen else _COUNT_ALL, {"list": chosen}).scalar_one()
    if count == 0:
        return Report(result={"planned": 0}, dead_end="no_leads")
    size = chunk_size(count)
    values = {"tenant": job.tenant_id, "mission": job.mission_id, "size": size, "list": chosen}
    session.execute(_TAKE_LIST if chosen else _TAKE_ALL, values)
    if count >= _ANALYZE_FROM:
        session.execute(_ANALYZE)
    return Report(leads=count, result={"planned": count, "chunk_size": size})


def chunk_size(leads: int) -> int:
    """How many leads travel together: about a 16th of them, between 5 and 200."""
    return min(LARGEST, max(SMALLEST, -(-leads // SHARES)))
