"""Quality control: holds back messages that are not fit to be sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from rex_celery.agents import judging, queries
from rex_celery.agents.base import BaseAgent, Job, LeadRow
from rex_celery.agents.judging import Judged
from rex_celery.agents.written import unsubscribe_url
from rex_celery.compliance.content import Content, Finding, check
from rex_celery.outreach.by_hand import ASKS_A_PERSON
from rex_celery.outreach.edits import IN_THREAD
from rex_celery.vocabulary import Channel
from rex_celery.work import Report, Verdict


@dataclass(frozen=True, slots=True)
class QualityControl(BaseAgent[Sequence[Row[Any]], Judged]):
    """Holds back messages that are not fit to be sent."""

    name: str = field(init=False, default="quality_control")

    def load(self, session: Session, job: Job) -> Sequence[Row[Any]]:
        """The planned messages of the chunk."""
        return queries.planned_messages(session, job.ref)

    def work(self, job: Job, batch: Sequence[Row[Any]]) -> Judged:
        """Check each message as it would go out."""
        return judging.split(batch, self.judged(batch, partial(fit, job=job)))

    def record(self, session: Session, job: Job, made: Judged) -> Report:
        """Store what it held back."""
        judging.hold(session, made.messages)
        return self.store(session, job, made.leads, keep_history=False)


def fit(message: LeadRow, job: Job) -> Verdict:
    """The first thing that is wrong with a message, if any, as the reason to skip it."""
    found = findings(message, job)
    return Verdict(message.lead_id, "skipped", found[0].code) if found else Verdict(message.lead_id)


def findings(message: LeadRow, job: Job) -> tuple[Finding, ...]:
    """All that is wrong with a message, as it would go out."""
    if message.framework == ASKS_A_PERSON:
        return ()  # it is read by a person of ours
    sender = job.params["sender"]
    content = Content(
        Channel(message.channel),
        IN_THREAD if message.in_thread else message.subject,
        message.body,
        message.first_name or "",
        sender["name"],
        sender["postal_address"],
        unsubscribe_url(job.tenant_id, message.id),
    )
    return check(content)
