"""Outreach: delivers to the built-in outbox at once, or enrols people whose messages go out over days."""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from rex_celery import clock, db
from rex_celery.agents.base import BaseAgent, Job
from rex_celery.outreach import enrolment, outbox
from rex_celery.vocabulary import Channel
from rex_celery.work import Report

# More than a chunk holds, so that one transaction delivers it.
OUTBOX_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Outreach(BaseAgent[bool, int]):
    """Delivers to the built-in outbox at once, or enrols people whose messages go out over days."""

    name: str = field(init=False, default="outreach")

    def load(self, session: Session, job: Job) -> bool:  # noqa: ARG002
        """Whether this mission follows a sequence."""
        return bool(job.params.get("sequence"))

    def work(self, job: Job, batch: bool) -> int | None:  # noqa: FBT001
        """Deliver what goes out at once; None when the mission was stopped before the end."""
        return 0 if batch else _to_outbox(job)

    def record(self, session: Session, job: Job, made: int) -> Report:
        """Enrol in the transaction that ends this piece of work, so that it happens once."""
        if not job.params.get("sequence"):
            return Report(leads=made)
        found = enrolment.enrol(session, job.ref, job.params, clock.now())
        return Report(leads=found.enrolled + found.elsewhere)


def _to_outbox(job: Job) -> int | None:
    channels, taken = [str(one) for one in Channel], 0
    while True:
        with db.transaction(job.tenant_id) as session:
            due = outbox.deliver(session, job.ref, channels, OUTBOX_AT_ONCE)
        if due is None:
            return None
        taken += due
        if due < OUTBOX_AT_ONCE:
            return taken
