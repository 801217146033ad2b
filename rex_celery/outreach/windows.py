"""When a message to a person may go: the hours of the policy and of the law where they are, as far as that is known."""

from dataclasses import dataclass
from datetime import datetime

from rex_celery.outreach import local_hours, openings
from rex_celery.outreach.local_hours import Place, Reach
from rex_celery.outreach.policy import Policy
from rex_celery.vocabulary import Channel

__all__ = ["Opening", "Place", "closes_at", "next_open"]


@dataclass(frozen=True, slots=True)
class Opening:
    """When a message may go, and why not before.

    ``at`` None: never, for the ``reason`` sms_hours_unknown or schedule_unsatisfiable. A later ``at`` has the reason
    waiting_window or waiting_holiday; None: now. ``zone`` names the clocks that were looked at and ``source`` how they
    are known; ``assumed`` is the sender's own clock.
    """

    at: datetime | None
    reason: str | None
    zone: str | None
    source: str | None


def next_open(at: datetime, place: Place, channel: Channel, policy: Policy) -> Opening:
    """The first moment from ``at`` on when a message may go there; ``at`` itself if it may go now."""
    reach = local_hours.of(place, channel, policy)
    if not reach.clocks:
        return Opening(None, "sms_hours_unknown", None, None)
    opens = openings.opens(reach.clocks, at)
    return Opening(opens, _reason(reach, at, opens), reach.zone, reach.source)


def closes_at(at: datetime, place: Place, channel: Channel, policy: Policy) -> datetime:
    """The moment when the window that is open at ``at`` closes; ``at`` itself if none is open then."""
    clocks = local_hours.of(place, channel, policy).clocks
    return openings.closes(clocks, at) if clocks else at


def _reason(reach: Reach, at: datetime, opens: datetime | None) -> str | None:
    if opens is None:
        return "schedule_unsatisfiable"
    if opens == at:
        return None
    return "waiting_holiday" if openings.on_holiday(reach.clocks, at) else "waiting_window"
