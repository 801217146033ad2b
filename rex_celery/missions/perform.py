"""Carrying out one piece of work: claim and read, work with no transaction open, then store everything at once."""

from collections.abc import Callable
from time import perf_counter
from typing import Generic, Protocol, TypeVar

from sqlalchemy.orm import Session

from rex_celery import db
from rex_celery.errors import ProviderUnavailableError
from rex_celery.missions import dispatch, finish, leases
from rex_celery.missions.leases import Job
from rex_celery.work import Report, WorkRef

Batch = TypeVar("Batch")
Made = TypeVar("Made")

# A top-up fills a crew's queue; one after every eighth piece keeps it from running dry without asking each time.
TOP_UP_EVERY = 8


class Agent(Protocol, Generic[Batch, Made]):
    """What the engine needs of an agent: reading and storing are quick; working may be slow, with no transaction."""

    @property
    def name(self) -> str:
        """Its name in the roster."""
        ...

    def load(self, session: Session, job: Job) -> Batch:
        """Read what the work needs."""
        ...

    def work(self, job: Job, batch: Batch) -> Made | None:
        """Do the work, or None when it had to stop before its end (paused, taken over): it is given back then.

        Raises:
            ProviderUnavailableError: a provider is down; the work is tried again later.

        """
        ...

    def record(self, session: Session, job: Job, made: Made) -> Report:
        """Store what was made and say what became of each lead."""
        ...


def perform(agent: Agent[Batch, Made], ref: WorkRef, claimed: Callable[[Job], None] = lambda _: None) -> str:
    """Carry out one piece of work once; returns what became of it in a word, for the task's result.

    ``claimed`` is told once the work is ours, so that the caller knows whose trouble an error is.

    Raises:
        ProviderUnavailableError: a provider is down; the work waits as queued for the message that tries again.

    """
    with db.transaction(ref.tenant_id) as session:
        job = leases.claim(session, ref, agent.name)
        if job is None:
            return "stale"
        batch = None if job.already_done else agent.load(session, job)
    claimed(job)
    started = perf_counter()
    if batch is None:
        return _store(agent, job, None, 0.0)
    try:
        made = agent.work(job, batch)
    except ProviderUnavailableError:
        leases.give_back(job, state="queued")
        raise
    if made is None:
        leases.give_back(job, state="ready")
        return "unfinished"
    return _store(agent, job, made, perf_counter() - started)


def _store(agent: Agent[Batch, Made], job: Job, made: Made | None, seconds: float) -> str:
    try:
        with db.transaction(job.tenant_id) as session:
            finish.fence(session, job)
            report = Report() if made is None else agent.record(session, job, made)
            if report.dead_end:
                ended = finish.dead_end(session, job, report.dead_end)
            else:
                ended = finish.complete(session, job, report, seconds)
    except finish.FencedError:
        return "fenced"
    if ended or job.ref.chunk_no % TOP_UP_EVERY == 0:
        dispatch.top_up()
    return "done"
