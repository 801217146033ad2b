"""Compliance: holds back whoever may not be written to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from rex_celery.agents import judging, queries
from rex_celery.agents.base import BaseAgent, Job, LeadRow
from rex_celery.agents.judging import Judged
from rex_celery.compliance import addresses, consent, suppression
from rex_celery.outreach.by_hand import ASKS_A_PERSON
from rex_celery.vocabulary import Channel
from rex_celery.work import Report, Verdict


@dataclass(frozen=True, slots=True)
class Standing:
    """The messages of a chunk, who among their readers is suppressed and why, and who agreed to text messages."""

    messages: Sequence[Row[Any]]
    suppressed: dict[tuple[UUID, str], str]
    texting: set[UUID]


@dataclass(frozen=True, slots=True)
class Compliance(BaseAgent[Standing, Judged]):
    """Holds back whoever may not be written to."""

    name: str = field(init=False, default="compliance")

    def load(self, session: Session, job: Job) -> Standing:
        """The planned messages with the ledgers of suppression and consent."""
        return standing_of(session, queries.planned_messages(session, job.ref))

    def work(self, job: Job, batch: Standing) -> Judged:  # noqa: ARG002
        """One verdict for each message."""
        return judging.split(batch.messages, self.judged(batch.messages, lambda message: allowed(message, batch)))

    def record(self, session: Session, job: Job, made: Judged) -> Report:
        """Store whom and what it held back."""
        judging.hold(session, made.messages)
        return self.store(session, job, made.leads, keep_history=False)


def standing_of(session: Session, messages: Sequence[LeadRow]) -> Standing:
    """What the ledgers of suppression and consent say of these messages' readers."""
    leads = [message.lead_id for message in messages]
    by_text = [message.lead_id for message in messages if message.channel == Channel.SMS]
    texting = consent.consenting_among(session, by_text, Channel.SMS) if by_text else set()
    stopped = {
        (lead, channel): reason
        for channel in sorted({message.channel for message in messages})
        for lead, reason in suppression.suppressed_among(session, leads, channel).items()
    }
    return Standing(messages, stopped, texting)


def allowed(message: LeadRow, standing: Standing) -> Verdict:
    """Whether this person may be written to on this channel."""
    lead_id = message.lead_id
    if reason := standing.suppressed.get((lead_id, message.channel)):
        return Verdict(lead_id, "suppressed", reason)
    if message.framework == ASKS_A_PERSON:
        return Verdict(lead_id)  # a person does it, and sees who it is about
    if message.channel == Channel.EMAIL and (refusal := addresses.refusal(message.recipient)):
        return Verdict(lead_id, "skipped", refusal)
    if message.channel == Channel.SMS and lead_id not in standing.texting:
        return Verdict(lead_id, "skipped", "no_consent_sms")
    return Verdict(lead_id)
