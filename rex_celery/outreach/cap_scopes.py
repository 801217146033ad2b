"""What each message counts towards: the caps it must find room under."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from rex_celery.outreach import recipients, slots
from rex_celery.outreach.policy import Policy
from rex_celery.outreach.slots import Slot


@dataclass(frozen=True, slots=True)
class Ask:
    """A message that would like to leave.

    ``domain`` is the sender's and ``recipient_provider`` the reader's, empty where there is none; ``campaign`` is the
    mission's id when there is no campaign; ``new_lead``: the first message to this person. What is not ``held`` counts
    but waits for no room.
    """

    message_id: UUID
    lead_id: UUID
    inbox_id: UUID
    domain: str
    recipient_provider: str
    campaign: UUID | None
    new_lead: bool
    held: bool = True


class Usage(NamedTuple):
    """One row of ``cap_usage``, within a tenant."""

    scope: str
    key: str
    slot: datetime


class Scope(NamedTuple):
    """One count with its cap; ``limit`` None is counted all the same, for the day on which somebody sets one."""

    usage: Usage
    until: datetime
    limit: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Own:
    """An inbox's own caps; None: the policy's."""

    per_day: int | None = None
    per_hour: int | None = None


NONE = Own()


def scopes_of(ask: Ask, policy: Policy, now: datetime, own: Own = NONE) -> list[Scope]:
    """All counts that a message sent at ``now`` is part of."""
    caps, inbox = policy.caps, str(ask.inbox_id)
    day, hour = slots.day(now, policy.timezone), slots.hour(now)
    per_day = caps.inbox_per_day if own.per_day is None else own.per_day
    per_hour = caps.inbox_per_hour if own.per_hour is None else own.per_hour
    found = [
        _scope("tenant_day", "", day, caps.tenant_per_day, "waiting_cap_tenant"),
        _scope("inbox_day", inbox, day, per_day, "waiting_cap_inbox"),
        _scope("inbox_hour", inbox, hour, per_hour, "waiting_cap_inbox"),
    ]
    if ask.domain:
        domain = recipients.registrable(ask.domain)
        found.append(_scope("domain_day", domain, day, caps.domain_per_day, "waiting_cap_domain"))
    limit = caps.recipient_provider_per_hour
    # Every company is a provider of its own: without a cap, counting them would be a row for each and hour.
    if ask.recipient_provider and limit is not None:
        found.append(_scope("recipient_hour", ask.recipient_provider, hour, limit, "waiting_cap_recipient"))
    if ask.campaign:
        campaign = str(ask.campaign)
        found.append(_scope("campaign_day", campaign, day, caps.campaign_per_day, "waiting_cap_campaign"))
        if ask.new_lead:
            found.append(_scope("new_leads_day", campaign, day, caps.new_leads_per_day, "waiting_cap_new_leads"))
    return found


def _scope(scope: str, key: str, slot: Slot, limit: int | None, reason: str) -> Scope:
    return Scope(Usage(scope, key, slot.start), slot.until, limit, reason)
