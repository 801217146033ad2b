"""The engine's own tasks: topping up the queues, finding what was lost, joining, settling."""

from collections.abc import Callable
from uuid import UUID

from rex_celery.missions import engine, reconcile
from rex_celery.missions import join as joining
from rex_celery.missions import settle as settling
from rex_celery.outreach import calendar_writing, labelling, mailboxes, receiving, rounds
from rex_celery.simulation import stage
from rex_celery.tenancy import answers
from rex_celery.webhooks import dispatch, old_deliveries, retention
from workers import ticks
from workers.app import app
from workers.base import attempt, keep_dead_letter

_PURGES = (answers.purge_all, retention.purge_all, old_deliveries.purge_all, stage.drop_abandoned)

JOBS: dict[str, Callable[[], object]] = {
    "top_up": engine.run_round,
    "reconcile": lambda: reconcile.run_round(attempt),
    "due": rounds.send_due,
    "look_after": lambda: rounds.look_after(attempt),
    "receive": lambda: receiving.run_round(attempt),
    "mailboxes": mailboxes.poll_due,
    "labelling": labelling.find_work,
    "webhooks": dispatch.run_round,
    "calendars": calendar_writing.find_work,
    "purge": lambda: [purge() for purge in _PURGES],
}
"""What the timetable names."""


@app.task(name="control.top_up")
def top_up() -> int:
    """Fill the queues from the ready rows."""
    return engine.run_round()


@app.task(name="control.receive")
def receive() -> int:
    """Apply what came in."""
    return receiving.run_round(attempt)


@app.task(name="control.tick")
def tick(job: str, period: int) -> str:
    """Run a job of the timetable once for this slot of time, however many beats there are."""
    if not ticks.first(job, period):
        return "done by another beat"
    JOBS[job]()
    return "done"


@app.task(name="control.join")
def join(tenant: str, mission: str, step: str) -> str:
    """After a chord: see whether its step is complete. A hint; the rows decide, and mostly have already."""
    ids = _read("control.join", tenant, mission, step)
    return joining.join(ids[0], ids[2]) if ids else "unreadable"


@app.task(name="control.settle")
def settle(tenant: str, mission: str) -> str:
    """Give the pending leads of a cancelled mission their reason."""
    ids = _read("control.settle", tenant, mission)
    if not ids:
        return "unreadable"
    settling.settle(*ids)
    return "done"


def _read(task: str, *words: str) -> tuple[UUID, ...]:
    """The ids of a message; none when it cannot be read, which is kept as a dead letter."""
    try:
        return tuple(UUID(str(word)) for word in words)
    except ValueError as error:
        keep_dead_letter(task, words, error)
        return ()
