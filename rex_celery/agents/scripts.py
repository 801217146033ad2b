"""Writing a whole sequence to one lead: a message for every step, or the reason why that step will not be sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row
from sqlalchemy.orm import Session

from rex_celery import clock
from rex_celery.agents.base import Job, LeadRow
from rex_celery.agents.written import Written, copy_for, id_of, message, recipient_of
from rex_celery.compliance import addresses, consent
from rex_celery.copywriting import drafts, step_text
from rex_celery.errors import RefusedError
from rex_celery.outreach import pinning, sequences, snippets
from rex_celery.outreach.by_hand import ASKS_A_PERSON
from rex_celery.outreach.pinning import Pinned
from rex_celery.outreach.steps import OnFail, Step
from rex_celery.reasons import REASONS
from rex_celery.vocabulary import Channel
from rex_celery.work import Verdict

# What wrote the text of a step that is not in one of the four frameworks.
TEMPLATE = "template"


@dataclass(frozen=True, slots=True)
class Scripts:
    """The steps of every version that a mission uses, its tenant's snippets, and who may be texted."""

    params: Mapping[str, Any]
    steps: Mapping[Pinned, tuple[Step, ...]]
    snippets: Mapping[str, str]
    texting: frozenset[UUID]

    def of(self, strategy: str | None) -> tuple[Step, ...]:
        """The steps for a lead of this strategy."""
        pinned = pinning.of(self.params, strategy)
        return self.steps[pinned] if pinned else ()


def load(session: Session, params: Mapping[str, Any], leads: Sequence[Row[Any]]) -> Scripts | None:
    """What is needed to write to these leads; None when their mission follows no sequence."""
    versions = pinning.every(params)
    if not versions:
        return None
    steps = {one: sequences.version(session, one.sequence_id, one.version) for one in versions}
    phones = [lead.lead_id for lead in leads if lead.phone]
    texting = consent.consenting_among(session, phones, Channel.SMS) if phones else set()
    return Scripts(params, steps, snippets.bodies(session), frozenset(texting))


def written(lead: LeadRow, scripts: Scripts, job: Job) -> list[Written] | Verdict:
    """One message for each step, in order; a skip of the lead when none of them can be sent."""
    made: list[Written] = []
    over = False
    for position, step in enumerate(scripts.of(lead.strategy)):
        one = _passed_over(lead, step, job) if over else _with_substitute(lead, step, scripts, job)
        if _is_email(one) and not one.subject and not any(_is_email(other) and other.subject for other in made):
            one = replace(one, reason="content_empty")  # it has neither a subject nor a thread to go into
        over = over or (one.reason is not None and step.on_fail is OnFail.STOP)
        made.append(replace(one, position=position))
    if all(one.reason for one in made):
        return Verdict(lead.lead_id, "skipped", made[0].reason if made else "content_empty")
    return made


def _is_email(one: Written) -> bool:
    """Whether this goes out as an e-mail."""
    return one.channel is Channel.EMAIL and one.framework != ASKS_A_PERSON and one.reason is None


def _passed_over(lead: LeadRow, step: Step, job: Job) -> Written:
    return replace(_blank(lead, step, step.channel, job), reason="step_before_failed")


def _with_substitute(lead: LeadRow, step: Step, scripts: Scripts, job: Job) -> Written:
    """The step's message; where it cannot be sent and its rule says so, the same on the other channel."""
    first = _one(lead, step, step.channel, scripts, job)
    if not first.reason or step.on_fail is not OnFail.SUBSTITUTE or step.substitute is None:
        return first
    second = _one(lead, step, step.substitute, scripts, job)
    return first if second.reason else second


def _one(lead: LeadRow, step: Step, channel: Channel, scripts: Scripts, job: Job) -> Written:
    blank = _blank(lead, step, channel, job)
    refusal = None if step.todo else _unreachable(lead, channel, scripts.texting)
    if refusal:
        return replace(blank, reason=refusal)
    try:
        return _text(blank, lead, step, scripts, job)
    except RefusedError as error:
        # A template that was changed for the worse since it was checked says no more than that about a lead.
        return replace(blank, reason=error.code if error.code in REASONS else "content_unresolved_variable")


def _text(blank: Written, lead: LeadRow, step: Step, scripts: Scripts, job: Job) -> Written:
    """The words, as seen on the day when the step is expected."""
    copy = copy_for(lead, job, clock.now().date() + timedelta(days=step.day))
    if step.framework:
        draft = drafts.write(copy.facts, blank.channel, copy.framework, lead.lead_id)
        made = replace(blank, subject=draft.subject, body=draft.body, framework=str(draft.framework), facts=draft.facts)
        return message(made, job)
    facts = copy.facts.known()
    seed = uuid5(lead.lead_id, step.key)
    subject, body = step_text.write(step.subject, step.body, facts, scripts.snippets, seed)
    made = replace(blank, subject=subject, body=body, facts=facts)
    return made if step.todo else message(made, job)


def _blank(lead: LeadRow, step: Step, channel: Channel, job: Job) -> Written:
    return Written(
        id=id_of(job.mission_id, lead.lead_id, step.key, channel),
        lead_id=lead.lead_id,
        step_key=step.key,
        channel=channel,
        recipient=recipient_of(lead, channel),
        subject="",
        body="",
        # A step that asks a person to act is kept as a message, too, so that it waits, stops and adds up like one;
        # when it is due, it becomes an entry of the to-do list instead of being sent.
        framework=ASKS_A_PERSON if step.todo else TEMPLATE,
    )


def _unreachable(lead: LeadRow, channel: Channel, texting: frozenset[UUID]) -> str | None:
    """Why this person cannot be written to on this channel, as a reason code."""
    if not recipient_of(lead, channel):
        return "no_channel"
    if channel is Channel.EMAIL:
        return addresses.refusal(lead.email)
    return "no_consent_sms" if channel is Channel.SMS and lead.lead_id not in texting else None
