"""How every task behaves: ids in, provider trouble retried by Celery, any other error kept and told, never lost."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import structlog
from celery import Task
from sqlalchemy import text

from rex_celery import db
from rex_celery.decisions.rules import Trouble
from rex_celery.errors import ProviderUnavailableError
from rex_celery.missions import perform, trouble
from rex_celery.missions.leases import Job
from rex_celery.work import Failure, WorkRef

log = structlog.get_logger()

Row = TypeVar("Row")
Made = TypeVar("Made")

_DEAD_LETTER = text(
    "INSERT INTO dead_letters (tenant_id, task, arguments, error) VALUES (:tenant, :task, :arguments, :error)"
)


class AgentTask(Task):  # type: ignore[misc]
    """A piece of an agent's work. Provider trouble comes back after 2, 4 and 8 seconds; then the rules decide."""

    autoretry_for = (ProviderUnavailableError,)
    retry_backoff = 2
    retry_jitter = True
    max_retries = 3
    # A chord counts its members by their results; nothing here ever raises into one.
    ignore_result = True


def carry_out(task: AgentTask, agent: perform.Agent[Any, Any], arguments: tuple[Any, ...]) -> str:
    """Do one piece of work and never raise, except to be retried; a chord with a raising member would not fire."""
    try:
        ref = WorkRef.read(*arguments)
    except (TypeError, ValueError) as error:
        keep_dead_letter(task.name, arguments, error)
        return "unreadable"
    structlog.contextvars.bind_contextvars(mission_id=str(ref.mission_id), agent=agent.name)
    jobs: list[Job] = []
    try:
        return perform.perform(agent, ref, jobs.append)
    except ProviderUnavailableError as error:
        if task.request.retries < task.max_retries:
            raise
        return _troubled(ref, jobs, Trouble.PROVIDER_UNAVAILABLE, error.detail)
    except Exception as error:
        log.exception("agent_failed")
        return _troubled(ref, jobs, Trouble.AGENT_FAILED, f"{type(error).__name__}: {error}"[:500])
    finally:
        structlog.contextvars.clear_contextvars()


def _troubled(ref: WorkRef, jobs: list[Job], kind: Trouble, error: str) -> str:
    return str(trouble.report(ref, kind, error, jobs[0].attempt if jobs else None))


def guard(judge: Callable[[Row], Made], row: Row) -> Made | Failure:
    """Keep one bad lead from failing its batch."""
    try:
        return judge(row)
    except Exception as error:
        log.exception("lead_failed", lead_id=str(getattr(row, "lead_id", "")))
        return Failure(f"{type(error).__name__}: {error}"[:500])


def attempt(work: Callable[[Row], Made], events: Row) -> Made | Failure:
    """Keep one bad event from holding up all that came in after it."""
    try:
        return work(events)
    except Exception as error:
        log.exception("event_failed")
        return Failure(f"{type(error).__name__}: {error}"[:500])


def by_ids(task: str, work: Callable[..., object], words: tuple[Any, ...]) -> str:
    """Do what a look at the rows would ask for again anyway, and never raise: that look is the retry."""
    try:
        ids = tuple(UUID(str(word)) for word in words)
    except ValueError as error:
        keep_dead_letter(task, words, error)
        return "unreadable"
    try:
        return str(work(*ids))
    except Exception:
        log.exception("task_failed", task=task)
        return "failed"


def keep_dead_letter(task: str, arguments: tuple[Any, ...], error: Exception) -> None:
    """Keep a message that nobody can act on, so that it can be looked at."""
    log.warning("dead_letter", task=task, error=type(error).__name__)
    values = {"tenant": None, "task": task, "arguments": repr(arguments)[:2000], "error": f"{error}"[:500]}
    with db.control() as session:
        session.execute(_DEAD_LETTER, values)
