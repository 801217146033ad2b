"""Personalizer: writes each lead's message from stored facts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import clock, config
from rex_celery.agents import queries
from rex_celery.agents.base import BaseAgent, Job, LeadRow
from rex_celery.compliance import footer, unsubscribe
from rex_celery.copywriting import drafts, frameworks
from rex_celery.copywriting.facts import LeadRecord, Sender, facts_of
from rex_celery.errors import RefusedError
from rex_celery.scoring import dormancy
from rex_celery.vocabulary import Channel, Framework
from rex_celery.work import Failure, Report, Verdict

FIRST_TOUCH = "first_touch"

_STORE = text("""
INSERT INTO messages (id, tenant_id, mission_id, lead_id, chunk_no, step_key, channel, recipient, subject, body,
  framework, facts)
SELECT v.id, :tenant, :mission, v.lead_id, :chunk, :step, v.channel, v.recipient, v.subject, v.body, v.framework,
  v.facts
FROM unnest(CAST(:ids AS uuid[]), CAST(:leads AS uuid[]), CAST(:channels AS text[]), CAST(:recipients AS text[]),
            CAST(:subjects AS text[]), CAST(:bodies AS text[]), CAST(:frameworks AS text[]), CAST(:facts AS jsonb[]))
     AS v(id, lead_id, channel, recipient, subject, body, framework, facts)
ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class Written:
    """A message ready to be stored."""

    id: UUID
    lead_id: UUID
    recipient: str
    body: str
    draft: drafts.Draft


@dataclass(frozen=True, slots=True)
class Personalizer(BaseAgent[Sequence[Row[Any]], list[Written | Verdict]]):
    """Writes each lead's message from stored facts."""

    name: str = field(init=False, default="personalizer")

    def load(self, session: Session, job: Job) -> Sequence[Row[Any]]:
        """The chunk's pending leads."""
        return queries.pending_leads(session, job.ref)

    def work(self, job: Job, batch: Sequence[Row[Any]]) -> list[Written | Verdict]:
        """One message for each lead, or the reason why none can be written."""
        return [self._one(lead, self.guard(partial(written, job=job), lead)) for lead in batch]

    def record(self, session: Session, job: Job, made: list[Written | Verdict]) -> Report:
        """Store the messages as planned, and skip the leads that have none."""
        ready = [one for one in made if isinstance(one, Written)]
        if ready:
            session.execute(_STORE, _columns(job, ready))
        going = [Verdict(one.lead_id) for one in ready]
        return self.store(session, job, [*going, *(one for one in made if isinstance(one, Verdict))])

    def _one(self, lead: LeadRow, made: Written | Verdict | Failure) -> Written | Verdict:
        return self._settled(lead.lead_id, made) if isinstance(made, Failure) else made


def written(lead: LeadRow, job: Job) -> Written | Verdict:
    """One lead's message with its footer, or a skip when nothing can be said from what is known."""
    params = job.params
    record = LeadRecord(
        lead.first_name, lead.company, lead.city, lead.last_activity, lead.last_activity_on, lead.deal_stage
    )
    channel = Channel(lead.channel)
    try:
        facts = facts_of(record, Sender(params["sender"]["name"]), params["offer"], clock.now().date())
        draft = drafts.write(facts, channel, _framework(lead, params), lead.lead_id)
    except RefusedError as error:
        return Verdict(lead.lead_id, "skipped", error.code)
    message_id = uuid5(NAMESPACE_URL, f"{job.mission_id}/{lead.lead_id}/{FIRST_TOUCH}/{channel}")
    body = _with_footer(draft.body, job, message_id) if channel is Channel.EMAIL else draft.body
    return Written(message_id, lead.lead_id, _recipient(lead, channel), body, draft)


def unsubscribe_url(tenant_id: UUID, message_id: UUID) -> str:
    """The link in a message's footer and header by which its reader stops all messages."""
    settings = config.settings()
    return unsubscribe.link(settings.public_url, settings.secret_key.get_secret_value(), tenant_id, message_id)


def _with_footer(body: str, job: Job, message_id: UUID) -> str:
    sender = job.params["sender"]
    return footer.with_footer(
        body, sender["name"], sender["postal_address"], unsubscribe_url(job.tenant_id, message_id)
    )


def _framework(lead: LeadRow, params: dict[str, Any]) -> Framework:
    if params["framework"]:
        return Framework(params["framework"])
    return frameworks.for_dormancy(dormancy.classify(lead.deal_stage, lead.notes), lead.lead_id)


def _recipient(lead: LeadRow, channel: Channel) -> str:
    return str({Channel.EMAIL: lead.email, Channel.SMS: lead.phone, Channel.LINKEDIN: lead.linkedin_url}[channel])


def _columns(job: Job, ready: list[Written]) -> dict[str, object]:
    return {
        "tenant": job.tenant_id,
        "mission": job.mission_id,
        "chunk": job.ref.chunk_no,
        "step": FIRST_TOUCH,
        "ids": [one.id for one in ready],
        "leads": [one.lead_id for one in ready],
        "channels": [str(one.draft.channel) for one in ready],
        "recipients": [one.recipient for one in ready],
        "subjects": [one.draft.subject for one in ready],
        "bodies": [one.body for one in ready],
        "frameworks": [str(one.draft.framework) for one in ready],
        "facts": [json.dumps(one.draft.facts) for one in ready],
    }
