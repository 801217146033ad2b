"""Analytics: counts what a mission did and reports it."""

import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.agents.base import BaseAgent, Job
from rex_celery.work import Report

_RESULT = text("""
SELECT jsonb_build_object(
  'states', (SELECT coalesce(jsonb_object_agg(state, n), '{}')
             FROM (SELECT state, count(*) AS n FROM outcomes WHERE mission_id = :mission GROUP BY 1) AS s),
  'reasons', (SELECT coalesce(jsonb_object_agg(reason, n), '{}') FROM (
                SELECT reason, count(*) AS n FROM outcomes
                WHERE mission_id = :mission AND reason IS NOT NULL GROUP BY 1) AS r),
  'strategies', (SELECT coalesce(jsonb_object_agg(strategy, n), '{}') FROM (
                   SELECT strategy, count(*) AS n FROM outcomes
                   WHERE mission_id = :mission AND strategy IS NOT NULL GROUP BY 1) AS t),
  'channels', (SELECT coalesce(jsonb_object_agg(channel, n), '{}') FROM (
                 SELECT channel, count(*) AS n FROM messages
                 WHERE mission_id = :mission AND message_counts_as(state) = 'sent' GROUP BY 1) AS c),
  'frameworks', (SELECT coalesce(jsonb_object_agg(framework, n), '{}') FROM (
                   SELECT framework, count(*) AS n FROM messages
                   WHERE mission_id = :mission AND message_counts_as(state) = 'sent' GROUP BY 1) AS f))
""")
_STORE = text("UPDATE missions SET result = CAST(:result AS jsonb) WHERE id = :mission")


@dataclass(frozen=True, slots=True)
class Analytics(BaseAgent[dict[str, Any], dict[str, Any]]):
    """Counts what a mission did and reports it."""

    name: str = field(init=False, default="analytics")

    def load(self, session: Session, job: Job) -> dict[str, Any]:
        """The counts, straight from the rows they are about."""
        counts: dict[str, Any] = session.execute(_RESULT, {"mission": job.mission_id}).scalar_one()
        return counts

    def work(self, job: Job, batch: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """The counts are the report."""
        return batch

    def record(self, session: Session, job: Job, made: dict[str, Any]) -> Report:
        """Keep the report with the mission."""
        session.execute(_STORE, {"mission": job.mission_id, "result": json.dumps(made)})
        return Report(leads=sum(made["states"].values()), result=made)
