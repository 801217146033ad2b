"""Personalizer: writes each lead's messages from stored facts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import clock
from rex_celery.agents import queries, scripts
from rex_celery.agents.base import BaseAgent, Job, LeadRow
from rex_celery.agents.scripts import Scripts
from rex_celery.agents.written import Written, copy_for, id_of, message, recipient_of
from rex_celery.copywriting import drafts
from rex_celery.errors import RefusedError
from rex_celery.vocabulary import Channel
from rex_celery.work import Failure, Report, Verdict

FIRST_TOUCH = "first_touch"

_STORE = text("""
INSERT INTO messages (id, tenant_id, mission_id, lead_id, chunk_no, step_key, position, channel, recipient, subject,
  body, framework, facts, state, reason)
SELECT v.id, :tenant, :mission, v.lead_id, :chunk, v.step_key, v.position, v.channel, v.recipient, v.subject, v.body,
  v.framework, v.facts, v.state, v.reason
FROM unnest(CAST(:ids AS uuid[]), CAST(:leads AS uuid[]), CAST(:steps AS text[]), CAST(:positions AS int[]),
            CAST(:channels AS text[]), CAST(:recipients AS text[]), CAST(:subjects AS text[]), CAST(:bodies AS text[]),
            CAST(:frameworks AS text[]), CAST(:facts AS jsonb[]), CAST(:states AS text[]), CAST(:reasons AS text[]))
     AS v(id, lead_id, step_key, position, channel, recipient, subject, body, framework, facts, state, reason)
ON CONFLICT DO NOTHING
""")

Made = list[Written] | Verdict


@dataclass(frozen=True, slots=True)
class Assignment:
    """The leads to write to, and what to say in which step; None: a first touch alone."""

    leads: Sequence[Row[Any]]
    scripts: Scripts | None = None


@dataclass(frozen=True, slots=True)
class Personalizer(BaseAgent[Assignment, list[Made]]):
    """Writes each lead's messages from stored facts."""

    name: str = field(init=False, default="personalizer")

    def load(self, session: Session, job: Job) -> Assignment:
        """The chunk's pending leads and the steps of their sequences."""
        leads = queries.pending_leads(session, job.ref)
        return Assignment(leads, scripts.load(session, job.params, leads))

    def work(self, job: Job, batch: Assignment) -> list[Made]:
        """The messages of each lead, or the reason why none can be written."""
        write = partial(scripts.written, scripts=batch.scripts, job=job) if batch.scripts else partial(written, job=job)
        return [self._one(lead, self.guard(write, lead)) for lead in batch.leads]

    def record(self, session: Session, job: Job, made: list[Made]) -> Report:
        """Store the messages, and skip the leads that have none to send."""
        ready = [one for of_lead in made if not isinstance(of_lead, Verdict) for one in of_lead]
        if ready:
            session.execute(_STORE, _columns(job, ready))
        verdicts = [one if isinstance(one, Verdict) else Verdict(one[0].lead_id) for one in made]
        return self.store(session, job, verdicts)

    def _one(self, lead: LeadRow, made: Made | Failure) -> Made:
        return self._settled(lead.lead_id, made) if isinstance(made, Failure) else made


def written(lead: LeadRow, job: Job) -> Made:
    """One lead's first touch with its footer, or a skip when nothing can be said from what is known."""
    channel = Channel(lead.channel)
    try:
        copy = copy_for(lead, job, clock.now().date())
        draft = drafts.write(copy.facts, channel, copy.framework, lead.lead_id)
    except RefusedError as error:
        return Verdict(lead.lead_id, "skipped", error.code)
    made = Written(
        id=id_of(job.mission_id, lead.lead_id, FIRST_TOUCH, channel),
        lead_id=lead.lead_id,
        step_key=FIRST_TOUCH,
        channel=channel,
        recipient=recipient_of(lead, channel),
        subject=draft.subject,
        body=draft.body,
        framework=str(draft.framework),
        facts=draft.facts,
    )
    return [message(made, job)]


def _columns(job: Job, ready: list[Written]) -> dict[str, object]:
    return {
        "tenant": job.tenant_id,
        "mission": job.mission_id,
        "chunk": job.ref.chunk_no,
        "ids": [one.id for one in ready],
        "leads": [one.lead_id for one in ready],
        "steps": [one.step_key for one in ready],
        "positions": [one.position for one in ready],
        "channels": [str(one.channel) for one in ready],
        "recipients": [one.recipient for one in ready],
        "subjects": [one.subject for one in ready],
        "bodies": [one.body for one in ready],
        "frameworks": [one.framework for one in ready],
        "facts": [json.dumps(one.facts) for one in ready],
        "states": ["skipped" if one.reason else "planned" for one in ready],
        "reasons": [one.reason for one in ready],
    }
