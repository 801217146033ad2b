"""How long a mission would send: a day-by-day estimate from caps, inboxes and working days, as if nobody answered."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from rex_celery.preflight.views import Capacity, Limit

MOST_DAYS = 3 * 365
# Fewer people than this are a rounding error of shares.
_NOBODY = 1e-6
ASSUMED = (
    "An estimate of the shortest time: no holidays, inboxes share the work evenly and send all day, nothing of today's "
    "caps is used yet. Nobody is taken to answer or to bounce, which would make it shorter."
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One step for a group of people: on which day after their start, and how many of them get it."""

    day: int
    channel: str
    messages: int


@dataclass(frozen=True, slots=True)
class Group:
    """People who go through the same steps."""

    people: int
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Rate:
    """The most a day under one cap; ``channel`` None: over all channels. ``first``: only first messages count."""

    code: str
    per_day: int
    channel: str | None = None
    first: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be sent, under which caps, on which weekdays (1 Monday to 7 Sunday) of each channel, from when on.

    ``backlog`` are messages of other missions that wait for the same inboxes already; they go first.
    """

    groups: Sequence[Group]
    rates: Sequence[Rate]
    weekdays: Mapping[str, frozenset[int]]
    backlog: Mapping[str, int]
    begins: date


@dataclass(slots=True)
class _Batch:
    due: int
    group: Group
    stage: int
    people: float


@dataclass(slots=True)
class _Run:
    plan: Plan
    queue: list[_Batch] = field(default_factory=list)
    backlog: Counter[str] = field(default_factory=Counter)
    held: Counter[Rate] = field(default_factory=Counter)
    first: int | None = None
    last: int | None = None


def estimate(plan: Plan) -> Capacity:
    """How many days it takes from the first message to the last, and which cap decides that."""
    run = _Run(plan, backlog=Counter(plan.backlog))
    run.queue = [_Batch(0, one, 0, one.people) for one in plan.groups if one.people and one.stages]
    for day in range(MOST_DAYS):
        if not run.queue:
            break
        _live(run, day)
    messages = sum(stage.messages for group in plan.groups for stage in group.stages)
    limits = [Limit(one.code, one.channel, one.per_day, run.held[one]) for one in plan.rates]
    limited_by = max((one for one in limits if one.days), key=lambda one: one.days, default=None)
    if run.queue or run.first is None or run.last is None:
        return Capacity(messages, None, None, None, limited_by, limits, ASSUMED)
    first, last = (plan.begins + timedelta(days=day) for day in (run.first, run.last))
    return Capacity(messages, first, last, (last - first).days + 1, limited_by, limits, ASSUMED)


def _live(run: _Run, day: int) -> None:
    """One day: what waits longest goes first, as far as every cap leaves room."""
    left = {rate: float(rate.per_day) for rate in run.plan.rates}
    weekday = (run.plan.begins + timedelta(days=day)).isoweekday()
    for channel in [channel for channel, count in run.backlog.items() if count]:
        if weekday in run.plan.weekdays.get(channel, frozenset()):
            gone = _take(left, channel, run.backlog[channel], first=False)
            run.backlog[channel] -= int(gone)
    bound: set[Rate] = set()
    queue, run.queue = sorted(run.queue, key=lambda one: one.due), []
    for batch in queue:
        _move(run, batch, day, weekday, left, bound)
    run.held.update(bound)
    run.queue = _together(run.queue, day)


def _together(queue: list[_Batch], day: int) -> list[_Batch]:
    """What is overdue at one step waits as one batch from then on, so that years of waiting stay a short queue."""
    overdue: dict[tuple[int, int], _Batch] = {}
    for batch in [one for one in queue if one.due <= day]:
        first = overdue.setdefault((id(batch.group), batch.stage), batch)
        if first is not batch:
            first.due, first.people = min(first.due, batch.due), first.people + batch.people
    return [*overdue.values(), *(one for one in queue if one.due > day)]


def _move(  # noqa: PLR0913, PLR0917  one batch on one day under what is left
    run: _Run, batch: _Batch, day: int, weekday: int, left: dict[Rate, float], bound: set[Rate]
) -> None:
    stage = batch.group.stages[batch.stage]
    share = stage.messages / batch.group.people
    if batch.due > day or (share and weekday not in run.plan.weekdays.get(stage.channel, frozenset())):
        run.queue.append(batch)
        return
    wanted = batch.people * share
    first = batch.stage == 0
    gone = _take(left, stage.channel, wanted, first=first)
    if gone < wanted - _NOBODY:
        bound |= {rate for rate, room in left.items() if _counts(rate, stage.channel, first=first) and room < _NOBODY}
    if gone:
        run.first, run.last = (day if run.first is None else run.first), day
    moved = batch.people if not share else gone / share
    if batch.people - moved > _NOBODY:
        run.queue.append(_Batch(batch.due, batch.group, batch.stage, batch.people - moved))
    if batch.stage + 1 < len(batch.group.stages) and moved > _NOBODY:
        gap = batch.group.stages[batch.stage + 1].day - stage.day
        # What comes on the same day is looked at tomorrow: nobody gets two messages in a day.
        run.queue.append(_Batch(day + max(1, gap) if share else day + gap, batch.group, batch.stage + 1, moved))


def _take(left: dict[Rate, float], channel: str, wanted: float, *, first: bool) -> float:
    mine = [rate for rate in left if _counts(rate, channel, first=first)]
    gone = min([wanted, *(left[rate] for rate in mine)])
    for rate in mine:
        left[rate] -= gone
    return gone


def _counts(rate: Rate, channel: str, *, first: bool) -> bool:
    return rate.channel in {None, channel} and (first or not rate.first)
