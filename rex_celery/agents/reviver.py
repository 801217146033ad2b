"""Reviver: scores how worth waking each lead is, picks its strategy and its first channel, or says why not."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from rex_celery import clock, config
from rex_celery.agents import queries
from rex_celery.agents.base import BaseAgent, Job, LeadRow
from rex_celery.compliance import addresses, consent
from rex_celery.scoring.engagement import CrmRecord, signals_of
from rex_celery.scoring.reactivation import Reactivation, Strategy, Thresholds, assess
from rex_celery.vocabulary import Channel
from rex_celery.work import Report, Verdict


@dataclass(frozen=True, slots=True)
class Quiet:
    """The leads of a chunk, and those among them that agreed to text messages."""

    leads: Sequence[Row[Any]]
    texting: set[UUID]


@dataclass(frozen=True, slots=True)
class Reviver(BaseAgent[Quiet, list[Verdict]]):
    """Scores how worth waking each lead is and picks its strategy."""

    name: str = field(init=False, default="reviver")

    def load(self, session: Session, job: Job) -> Quiet:
        """The chunk's pending leads and their consents to SMS."""
        leads = queries.pending_leads(session, job.ref)
        by_phone_only = [lead.lead_id for lead in leads if lead.phone and not lead.email]
        texting = consent.consenting_among(session, by_phone_only, Channel.SMS) if by_phone_only else set()
        return Quiet(leads, texting)

    def work(self, job: Job, batch: Quiet) -> list[Verdict]:
        """Score each lead as seen today."""
        thresholds = Thresholds(max_dormant_days=config.settings().max_dormant_days)
        judge = partial(judged, today=clock.now().date(), thresholds=thresholds, texting=batch.texting)
        verdicts = self.judged(batch.leads, judge)
        # A sequence has channels of its own: whether one of them reaches the lead is seen when it is written.
        return [_on_any_channel(one) for one in verdicts] if job.params.get("sequence") else verdicts

    def record(self, session: Session, job: Job, made: list[Verdict]) -> Report:
        """Store scores, strategies and skips."""
        return self.store(session, job, made)


def judged(lead: LeadRow, today: date, thresholds: Thresholds, texting: set[UUID]) -> Verdict:
    """The reviver's verdict on one lead."""
    days = None if lead.last_activity_on is None else max(0, (today - lead.last_activity_on).days)
    record = CrmRecord(days, lead.last_activity, lead.activities, lead.deal_stage, lead.deal_value)
    result = assess(signals_of(record), thresholds)
    parts = json.dumps({"recency": result.recency, "engagement": result.engagement, "value": result.value})
    if result.strategy is Strategy.SKIP:
        return Verdict(lead.lead_id, "skipped", result.reason, result.score, str(result.strategy), details=parts)
    channel, problem = first_channel(lead, result, texting)
    state = "pending" if channel else "skipped"
    return Verdict(lead.lead_id, state, problem, result.score, str(result.strategy), channel, parts)


def _on_any_channel(verdict: Verdict) -> Verdict:
    unreached = verdict.state == "skipped" and verdict.channel is None and verdict.strategy != Strategy.SKIP
    return replace(verdict, state="pending", reason=None) if unreached else verdict


def first_channel(lead: LeadRow, result: Reactivation, texting: set[UUID]) -> tuple[str | None, str | None]:
    """The channel of the first touch, or None and the reason code why the strategy has no way to this person."""
    refusal = addresses.refusal(lead.email) if lead.email else "no_channel"
    if refusal is None:
        return Channel.EMAIL, None
    if Channel.SMS in result.channels and lead.phone:
        if lead.lead_id in texting:
            return Channel.SMS, None
        refusal = "no_consent_sms" if not lead.email else refusal
    if Channel.LINKEDIN in result.channels and lead.linkedin_url:
        return Channel.LINKEDIN, None
    return None, refusal
