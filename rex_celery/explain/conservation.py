"""Counting twice: the counters that triggers keep and the rows themselves, read in one statement."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.explain.views import Conservation
from rex_celery.missions.moves import COUNTED
from rex_celery.missions.views import Counts

_PARTS = COUNTED[1:]
_SUMS = ", ".join(f"coalesce(sum({name}), 0)::bigint AS {name}" for name in COUNTED)
# One statement sees one moment, so that a difference is a difference and not the work of a worker in between.
_READ = text(f"""
SELECT
  (SELECT to_jsonb(c) FROM (SELECT {_SUMS} FROM outcome_counters WHERE mission_id = :mission) AS c) AS lead_counters,
  (SELECT coalesce(jsonb_object_agg(state, n), '{{}}') FROM (
    SELECT state, count(*) AS n FROM outcomes WHERE mission_id = :mission GROUP BY state) AS o) AS lead_rows,
  (SELECT to_jsonb(c) FROM (SELECT {_SUMS} FROM enrolments WHERE mission_id = :mission) AS c) AS message_counters,
  (SELECT coalesce(jsonb_object_agg(state, n), '{{}}') FROM (
    SELECT message_counts_as(state) AS state, count(*) AS n FROM messages
    WHERE mission_id = :mission AND enrolment_id IS NOT NULL GROUP BY 1) AS g) AS message_rows,
  EXISTS (SELECT FROM enrolments WHERE mission_id = :mission) AS enrolled
""")


def of(session: Session, mission_id: UUID) -> tuple[Conservation, Conservation | None]:
    """The leads of a mission, and the messages of those whom it enrolled; None when it enrolled nobody."""
    row = session.execute(_READ, {"mission": mission_id}).one()
    leads = _compared(row.lead_counters, row.lead_rows)
    return leads, _compared(row.message_counters, row.message_rows) if row.enrolled else None


def _compared(counters: Mapping[str, Any], by_state: Mapping[str, int]) -> Conservation:
    counted = Counts(**{name: int(counters[name]) for name in COUNTED})
    parts = {name: by_state.get(name, 0) for name in _PARTS}
    rows = Counts(planned=sum(by_state.values()), **parts)
    return Conservation(counted, rows, adds_up=_adds_up(counted) and _adds_up(rows), equals_rows=counted == rows)


def _adds_up(counts: Counts) -> bool:
    parts: int = sum(getattr(counts, name) for name in _PARTS)
    return counts.planned == parts
