"""Simulations that were asked for: kept as rows, run by a worker, read while they run."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import broker, clock, crews, db, paging
from rex_celery.errors import NotFoundError, RefusedError
from rex_celery.flow import NORMAL, Call
from rex_celery.paging import Page
from rex_celery.simulation import run
from rex_celery.simulation.asked import Asked, check
from rex_celery.simulation.reporting import Report

log = structlog.get_logger()

# Less often than this nobody sees the bar move, more often it costs more than the work.
STEP = 0.02
# No worker is given more time for a task.
LONGEST = timedelta(minutes=20)

_INSERT = text("""
INSERT INTO simulations (id, tenant_id, params, created_by) VALUES (:id, :tenant, CAST(:params AS jsonb), :actor)
""")
_BEGIN = text("""
UPDATE simulations SET state = 'running' WHERE id = :id AND state = 'queued' RETURNING params
""")
_PROGRESS = text("UPDATE simulations SET progress = :progress WHERE id = :id AND state = 'running'")
_END = text("""
UPDATE simulations SET state = :state, progress = 1, result = CAST(:result AS jsonb), error = :error,
  finished_at = now()
WHERE id = :id AND state = 'running'
""")
_COLUMNS = "SELECT id, state, progress, params, result, error, created_at, finished_at FROM simulations"
_GET = text(f"{_COLUMNS} WHERE id = :id")
_LIST = text(f"""
{_COLUMNS} WHERE CAST(:at AS timestamptz) IS NULL OR (created_at, id) < (:at, :id)
ORDER BY created_at DESC, id DESC LIMIT :limit
""")
_READ_ASKED: TypeAdapter[Asked] = TypeAdapter(Asked)
_READ_REPORT: TypeAdapter[Report] = TypeAdapter(Report)


@dataclass(frozen=True, slots=True)
class Simulation:
    """One simulation: ``state`` queued, running, done or failed; ``progress`` from 0 to 1."""

    id: UUID
    state: str
    progress: float
    asked: Asked
    report: Report | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None


def submit(session: Session, tenant_id: UUID, asked: Asked, *, actor: str) -> UUID:
    """Have a worker run a simulation; returns its id.

    Raises:
        InvalidError: all that is wrong with what was asked.

    """
    check(asked)
    made = uuid4()
    params = json.dumps(_READ_ASKED.dump_python(asked, mode="json"))
    session.execute(_INSERT, {"id": made, "tenant": tenant_id, "params": params, "actor": actor})
    call = Call("campaign.simulate", (str(tenant_id), str(made)), crews.queue_of(crews.Crew.CAMPAIGN), NORMAL)
    db.after_commit(session, lambda: broker.publish([call]))
    return made


def carry_out(tenant_id: UUID, simulation_id: UUID) -> str:
    """Run a simulation that waits; a second message about it finds it begun and returns."""
    with db.transaction(tenant_id) as session:
        params = session.execute(_BEGIN, {"id": simulation_id}).scalar()
    if params is None:
        return "stale"
    began = clock.now()
    try:
        report = run.simulate(tenant_id, _READ_ASKED.validate_python(params), _Bar(tenant_id, simulation_id))
    except RefusedError as error:
        _end(tenant_id, simulation_id, "failed", error=f"{error.detail} {error.action}".strip())
        return "refused"
    _end(tenant_id, simulation_id, "done", result=_READ_REPORT.dump_python(report, mode="json"))
    log.info("simulated", simulation_id=str(simulation_id), seconds=(clock.now() - began).total_seconds())
    return "done"


def get(session: Session, simulation_id: UUID) -> Simulation:
    """One simulation.

    Raises:
        NotFoundError: this tenant has no such simulation.

    """
    row = session.execute(_GET, {"id": simulation_id}).mappings().one_or_none()
    if row is None:
        raise NotFoundError(f"There is no simulation {simulation_id}.", code="simulation_not_found")
    return _read(dict(row))


def listed(session: Session, *, limit: int, cursor: str | None) -> Page[Simulation]:
    """Simulations, newest first.

    Raises:
        InvalidError: the cursor is none.

    """
    at, last = paging.read_cursor(cursor, datetime.fromisoformat, UUID) if cursor else (None, None)
    rows = session.execute(_LIST, {"at": at, "id": last, "limit": limit + 1}).mappings().all()
    return paging.cut(rows, limit, lambda row: _read(dict(row)), lambda row: (row["created_at"], row["id"]))


def _read(row: dict[str, Any]) -> Simulation:
    if row["state"] == "running" and row["created_at"] < clock.now() - LONGEST:
        row |= {"state": "failed", "error": "The worker that ran it was lost, or it took too long."}
    asked = _READ_ASKED.validate_python(row.pop("params"))
    result = row.pop("result")
    return Simulation(**row, asked=asked, report=_READ_REPORT.validate_python(result) if result else None)


def _end(tenant_id: UUID, simulation_id: UUID, state: str, *, result: object = None, error: str | None = None) -> None:
    with db.transaction(tenant_id) as session:
        stored = None if result is None else json.dumps(result)
        session.execute(_END, {"id": simulation_id, "state": state, "result": stored, "error": error})


class _Bar:
    """Stores how far a simulation is, not too often."""

    def __init__(self, tenant_id: UUID, simulation_id: UUID) -> None:
        self._tenant_id, self._simulation_id, self._shown = tenant_id, simulation_id, 0.0

    def __call__(self, progress: float) -> None:
        if progress < self._shown + STEP:
            return
        self._shown = progress
        with db.transaction(self._tenant_id) as session:
            session.execute(_PROGRESS, {"id": self._simulation_id, "progress": progress})
