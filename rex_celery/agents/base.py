"""What every agent shares: reading the leads of its chunk, a verdict on each, and storing all verdicts at once."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.work import Failure, Guard, Report, Verdict, WorkRef

Batch = TypeVar("Batch")
Made = TypeVar("Made")
LeadRow = Row[Any]

# Messages before outcomes, each in the order of the leads: two transactions about one lead then never wait for
# each other.
_MESSAGES = text("""
UPDATE messages AS m SET state = v.state, reason = v.reason
FROM (SELECT s.id, v.state, v.reason
      FROM unnest(CAST(:leads AS uuid[]), CAST(:states AS text[]), CAST(:reasons AS text[]))
           AS v(lead_id, state, reason)
      JOIN messages AS s ON s.mission_id = :mission AND s.lead_id = v.lead_id
      WHERE s.state = 'planned' ORDER BY s.lead_id, s.id FOR UPDATE OF s) AS v
WHERE m.id = v.id
""")
_LOCK_OUTCOMES = text(
    "SELECT FROM outcomes WHERE mission_id = :mission AND lead_id = ANY(CAST(:leads AS uuid[]))"
    " ORDER BY lead_id FOR UPDATE"
)
# Rows that a verdict changes nothing of are not written again; the history has one line for every verdict.
_OUTCOMES = text("""
WITH v AS MATERIALIZED (
  SELECT * FROM unnest(CAST(:leads AS uuid[]), CAST(:states AS text[]), CAST(:reasons AS text[]),
                       CAST(:scores AS float8[]), CAST(:strategies AS text[]), CAST(:channels AS text[]),
                       CAST(:details AS jsonb[])) AS v(lead_id, state, reason, score, strategy, channel, details)
), told AS (
  INSERT INTO lead_history (tenant_id, mission_id, lead_id, agent, state, reason)
  SELECT :tenant, :mission, v.lead_id, :agent, v.state, v.reason FROM v
)
UPDATE outcomes AS o SET state = v.state, reason = v.reason, score = coalesce(v.score, o.score),
  strategy = coalesce(v.strategy, o.strategy), channel = coalesce(v.channel, o.channel),
  details = coalesce(v.details, o.details)
FROM v
WHERE o.mission_id = :mission AND o.lead_id = v.lead_id AND o.state = 'pending'
  AND (v.state <> 'pending' OR v.reason IS NOT NULL OR v.score IS NOT NULL OR v.strategy IS NOT NULL
       OR v.channel IS NOT NULL OR v.details IS NOT NULL)
""")


class Job(Protocol):
    """What an agent knows of its piece of work."""

    @property
    def ref(self) -> WorkRef:
        """Which piece it is."""
        ...

    @property
    def attempt(self) -> int:
        """How often this piece was claimed, 1 at first."""
        ...

    @property
    def params(self) -> dict[str, Any]:
        """What the mission was ordered with."""
        ...

    @property
    def tenant_id(self) -> UUID:
        """For whom."""
        ...

    @property
    def mission_id(self) -> UUID:
        """In which mission."""
        ...

    def keep(self) -> bool:
        """Renew the lease; False when the work is no longer ours or its mission was stopped."""
        ...


def unguarded(judge: Callable[[Any], Any], row: Any) -> Any:
    """A guard that lets errors through, for tests and for work on no particular lead."""
    return judge(row)


@dataclass(frozen=True, slots=True)
class BaseAgent(ABC, Generic[Batch, Made]):
    """An agent: reads its leads, works on them with no transaction open, stores what came of it."""

    name: str = field(init=False, default="")
    guard: Guard[Any, Any] = unguarded

    @abstractmethod
    def load(self, session: Session, job: Job) -> Batch:
        """Read what the work needs."""

    @abstractmethod
    def work(self, job: Job, batch: Batch) -> Made | None:
        """Do the work; None when it had to stop before its end."""

    @abstractmethod
    def record(self, session: Session, job: Job, made: Made) -> Report:
        """Store what was made."""

    def judged(self, rows: Iterable[LeadRow], judge: Callable[[LeadRow], Verdict]) -> list[Verdict]:
        """One verdict for each lead; a lead on which ``judge`` fails gets that as its verdict, the others go on."""
        return [self._settled(row.lead_id, self.guard(judge, row)) for row in rows]

    def store(self, session: Session, job: Job, verdicts: Sequence[Verdict], *, keep_history: bool = True) -> Report:
        """Store verdicts; leads that merely go on leave no trace unless they got a score or ``keep_history`` asks."""
        told = [one for one in verdicts if keep_history or one.state != "pending"]
        if told:
            store_verdicts(session, job, told, self.name)
        return Report(leads=len(verdicts))

    @staticmethod
    def _settled(lead_id: UUID, verdict: Verdict | Failure) -> Verdict:
        if isinstance(verdict, Failure):
            return Verdict(lead_id, "failed", "agent_failed", details=None)
        return verdict


def store_verdicts(session: Session, job: Job, verdicts: Sequence[Verdict], agent: str) -> None:
    """Write verdicts to messages, outcomes and history, set by set."""
    values: dict[str, object] = {
        "mission": job.mission_id,
        "tenant": job.tenant_id,
        "agent": agent,
        "leads": [one.lead_id for one in verdicts],
        "states": [one.state for one in verdicts],
        "reasons": [one.reason for one in verdicts],
        "scores": [one.score for one in verdicts],
        "strategies": [one.strategy for one in verdicts],
        "channels": [one.channel for one in verdicts],
        "details": [one.details for one in verdicts],
    }
    stopped = [one for one in verdicts if one.state in {"suppressed", "skipped", "failed"}]
    if stopped:
        columns = {"leads": [o.lead_id for o in stopped], "states": [o.state for o in stopped]}
        session.execute(_MESSAGES, {**values, **columns, "reasons": [o.reason for o in stopped]})
    if any(one != Verdict(one.lead_id) for one in verdicts):
        session.execute(_LOCK_OUTCOMES, values)
    session.execute(_OUTCOMES, values)
