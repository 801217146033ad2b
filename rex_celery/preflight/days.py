"""What a mission's messages mean for its inboxes and caps, as the estimate of its days wants it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rex_celery.outreach import windows
from rex_celery.outreach.pinning import Pinned
from rex_celery.outreach.policy import Hours
from rex_celery.outreach.windows import Place
from rex_celery.preflight import capacity, senders
from rex_celery.preflight.capacity import Group, Plan, Rate, Stage
from rex_celery.preflight.courses import Script, Scripts
from rex_celery.preflight.looking import Desk
from rex_celery.preflight.senders import Sender
from rex_celery.preflight.tally import Tally
from rex_celery.preflight.views import Capacity
from rex_celery.vocabulary import Channel

AT_ONCE = "Everything goes to the built-in outbox as soon as it is written."


def reckon(desk: Desk, scripts: Scripts, tally: Tally, used: Sequence[Sender], size: int) -> Capacity:
    """How many days it takes, reckoned for all ``size`` leads from those that were looked at."""
    share = size / tally.looked_at if tally.looked_at else 1.0
    if not desk.over_days:
        return _at_once(desk, round(tally.ready.total() * share))
    channels = sorted({channel for _, _, channel in tally.ready})
    caps = [one for channel in channels for one in senders.rates(used, desk.policy, channel)]
    plan = Plan(
        groups=[_group(pinned, script, tally, share) for pinned, script in scripts.items()],
        rates=[*caps, *_of_all(desk, tally)],
        weekdays={channel: _hours(desk, channel).days for channel in channels},
        backlog={channel: sum(one.waiting for one in used if one.channel == channel) for channel in channels},
        begins=_first(desk).date(),
    )
    return capacity.estimate(plan)


def _group(pinned: Pinned | None, script: Script, tally: Tally, share: float) -> Group:
    stages = tuple(
        Stage(step.day, channel, round(tally.ready[pinned, step.key, channel] * share))
        for step in script.steps
        for channel in Channel
        if tally.ready[pinned, step.key, channel]
    )
    return Group(round(tally.people[pinned] * share), stages)


def _of_all(desk: Desk, tally: Tally) -> Iterator[Rate]:
    """The caps over all inboxes and channels, and that of the largest recipient provider."""
    caps = desk.policy.caps
    if caps.tenant_per_day is not None:
        yield Rate("waiting_cap_tenant", caps.tenant_per_day)
    if caps.campaign_per_day is not None:
        yield Rate("waiting_cap_campaign", caps.campaign_per_day)
    if caps.new_leads_per_day is not None:
        yield Rate("waiting_cap_new_leads", caps.new_leads_per_day, first=True)
    if caps.recipient_provider_per_hour is not None and tally.providers:
        largest = max(tally.providers.values()) / tally.providers.total()
        hours = senders.open_seconds(desk.policy.hours) / 3600
        a_day = int(caps.recipient_provider_per_hour * hours / largest)
        yield Rate("waiting_cap_recipient", a_day, Channel.EMAIL)


def _hours(desk: Desk, channel: Channel) -> Hours:
    return desk.policy.sms_hours if channel is Channel.SMS else desk.policy.hours


def _at_once(desk: Desk, messages: int) -> Capacity:
    today = desk.at.date() if messages else None
    return Capacity(messages, today, today, 1 if messages else None, None, [], AT_ONCE)


def _first(desk: Desk) -> datetime:
    """The first moment at which somebody near the sender may be written to, on the sender's own clock."""
    zone = desk.policy.timezone
    opening = windows.next_open(desk.at, Place(zone, "stated"), Channel.EMAIL, desk.policy)
    return (opening.at or desk.at).astimezone(ZoneInfo(zone))
