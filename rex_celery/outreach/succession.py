"""Which message of an enrolment comes next, and when: days count from the arrival of the one before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from rex_celery.outreach.lattice import SENT

BY_HAND = "waiting_linkedin_task"
# A task for a person's hand that nobody did for this long is not done any more.
BY_HAND_FOR = timedelta(days=14)
# Set when the time of arrival was only guessed; word of the arrival then moves the message.
GUESSED = "waiting_delivery"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one message. ``reports``: its provider tells when it has arrived. ``since``: when it was handed
    to a person to send, or claimed.
    """  # noqa: D205  the second sentence belongs to the first

    id: UUID
    position: int
    step_key: str
    state: str
    run_after: datetime | None
    wait_reason: str | None
    sent_at: datetime | None
    delivered_at: datetime | None
    since: datetime | None
    reports: bool


@dataclass(frozen=True, slots=True)
class Next:
    """The message that comes next, from when, and the reason code why not before."""

    id: UUID
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Over:
    """Nothing comes any more; the enrolment is complete at this moment."""

    at: datetime


def next_of(
    messages: Sequence[Known], days: Mapping[str, int], started_at: datetime, arrival: timedelta
) -> Next | Over | None:
    """What follows, given the messages in order of position; None while one of them is on its way or scheduled."""
    if any(one.state in {"claimed", "submitted"} for one in messages):
        return None
    waiting = [one for one in messages if one.state == "planned" and one.wait_reason != BY_HAND]
    if not waiting:
        ends = [_arrived(one, arrival) for one in messages if one.state in SENT]
        ends += [(one.since or started_at) + BY_HAND_FOR for one in messages if one.state == "planned"]
        return Over(max(ends, default=started_at))
    upcoming = waiting[0]
    if upcoming.run_after is not None and upcoming.wait_reason != GUESSED:
        return None
    before = [one for one in messages if one.position < upcoming.position and _counts(one)]
    day = days.get(upcoming.step_key, 0)
    if not before:
        return Next(upcoming.id, started_at + timedelta(days=day), "waiting_not_due")
    last = before[-1]
    gap = timedelta(days=max(0, day - days.get(last.step_key, 0)))
    sure = last.delivered_at is not None or not last.reports or last.wait_reason == BY_HAND
    return Next(upcoming.id, _arrived(last, arrival) + gap, "waiting_not_due" if sure else GUESSED)


def _counts(message: Known) -> bool:
    return message.state in SENT or message.wait_reason == BY_HAND


def _arrived(message: Known, arrival: timedelta) -> datetime:
    """When it reached the person; where nobody has said so yet, when it surely will have."""
    if message.delivered_at:
        return message.delivered_at
    left = message.sent_at or message.since
    if left is None:
        raise ValueError("A message that left has a time.")
    return left + arrival if message.reports and message.state in SENT else left
