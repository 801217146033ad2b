"""A schedule in which nothing could ever be sent is an error at launch, not a campaign that waits for good."""

from collections.abc import Collection
from datetime import datetime

from rex_celery import clock
from rex_celery.errors import Problem
from rex_celery.outreach import openings
from rex_celery.outreach.local_hours import Place
from rex_celery.outreach.policy import Hours, Policy
from rex_celery.outreach.windows import next_open
from rex_celery.vocabulary import Channel

ALL = tuple(Channel)


def unsatisfiable(
    policy: Policy, places: Collection[Place], channels: Collection[Channel] = ALL, *, at: datetime | None = None
) -> Problem | None:
    """What keeps a channel's windows shut for every one of these places from ``at`` (default: now) on, if anything.

    That one place among many never opens is its people's own reason, schedule_unsatisfiable, and no error here.
    """
    moment = at or clock.now()
    for channel in channels:
        name = "sms_hours" if channel == Channel.SMS else "hours"
        hours: Hours = getattr(policy, name)
        if problem := _never(hours, f"policy.{name}") or _shut(policy, places, channel, moment):
            return problem
    return None


def _never(hours: Hours, where: str) -> Problem | None:
    if not hours.days:
        return Problem(f"{where}.days", "names no day, so nothing would ever be sent", "days from 1 to 7")
    if hours.start == hours.end:
        return Problem(f"{where}.end", "is the same as start, so the window never opens", "a later time")
    return None


def _shut(policy: Policy, places: Collection[Place], channel: Channel, at: datetime) -> Problem | None:
    """Whether the windows are shut everywhere; a place of which nothing is known says nothing about them."""
    anywhere = Place(timezone=policy.timezone, source="assumed")
    found = [next_open(at, place, channel, policy) for place in places or (anywhere,)]
    shut = [opening for opening in found if opening.reason == "schedule_unsatisfiable"]
    if not shut or any(opening.at for opening in found):
        return None
    where = "policy.sms_hours" if channel == Channel.SMS else "policy.hours"
    weeks = openings.HORIZON_DAYS // 7
    what = f"never open in {shut[0].zone} within {weeks} weeks"
    if channel == Channel.SMS:
        return Problem(where, what, "hours between 08:00 and 21:00, and within the law of the place (policy.sms_law)")
    return Problem(where, what, "wider hours, more days, or policy.holidays off")
