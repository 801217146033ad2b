"""What a simulation came to: a calendar, the caps that were hit, the day it was over, and that it adds up."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import db
from rex_celery.simulation.world import Happening, Told

_WAITS = text("""
SELECT wait_reason, count(*) AS waiting FROM messages
WHERE state = 'planned' AND wait_reason NOT IN ('waiting_not_due', 'waiting_delivery') AND enrolment_id IS NOT NULL
GROUP BY wait_reason
""")
_PEOPLE = text("SELECT state, reason, count(*) AS people FROM outcomes GROUP BY state, reason ORDER BY 3 DESC, 1, 2")
_ENROLMENTS = text(
    "SELECT state, reason, count(*) AS people FROM enrolments GROUP BY state, reason ORDER BY 3 DESC, 1, 2"
)
_UNSENT = text("""
SELECT state, reason, count(*) AS messages FROM messages WHERE reason IS NOT NULL GROUP BY state, reason
ORDER BY 3 DESC, 1, 2
""")
# Counted twice, by the counters that triggers keep and from the rows themselves; both must come to the same.
_COUNTERS = text(
    """
SELECT coalesce(sum(planned), 0) AS planned, coalesce(sum(sent), 0) AS sent,
  coalesce(sum(suppressed), 0) AS suppressed, coalesce(sum(skipped), 0) AS skipped, coalesce(sum(failed), 0) AS failed,
  coalesce(sum(pending), 0) AS pending FROM {}
""".replace("{}", "enrolments")
)
_PEOPLE_COUNTERS = text(str(_COUNTERS).replace("FROM enrolments", "FROM outcome_counters"))
_ROWS = text("""
SELECT message_counts_as(state) AS state, count(*) AS messages FROM messages WHERE enrolment_id IS NOT NULL
GROUP BY 1
""")
_LAST = text("SELECT max(ended_at) FROM enrolments HAVING count(*) FILTER (WHERE state = 'active') = 0")
_SEGMENTS = text(
    "SELECT coalesce(sum(coalesce(segments, 1)), 0) FROM messages WHERE channel = 'sms' AND sent_at IS NOT NULL"
)


@dataclass
class Diary:
    """What happened on each day of the virtual clock."""

    days: dict[date, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    waits: dict[date, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def sent(self, messages: Iterable[Row[Any]], now: datetime) -> None:
        """Messages left."""
        self.days[now.date()].update(f"sent_{message.channel}" for message in messages)

    def heard(self, told: Iterable[Told], now: datetime) -> None:
        """Something came back."""
        for one in told:
            self.days[now.date()][
                one.fact.kind if one.fact else "out_of_office" if one.what is Happening.AWAY else "reply"
            ] += 1

    def look(self, session: Session, now: datetime) -> None:
        """Note what waits at this moment, and why."""
        for row in session.execute(_WAITS):
            seen = self.waits[now.date()]
            seen[row.wait_reason] = max(seen[row.wait_reason], row.waiting)


@dataclass(frozen=True, slots=True)
class VirtualDay:
    """One day: what left and came back, and the most messages that waited, by reason."""

    date: date
    happened: dict[str, int]
    waited: dict[str, int]


@dataclass(frozen=True, slots=True)
class Share:
    """How many people or messages ended in a state, and the reason code."""

    state: str
    reason: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Report:
    """What would have happened. ``completed_on`` None: somebody was still on their way at the end."""

    begins_at: datetime
    ended_at: datetime
    completed_on: date | None
    days: tuple[VirtualDay, ...]
    people: dict[str, int]
    messages: dict[str, int]
    outcomes: tuple[Share, ...]
    enrolments: tuple[Share, ...]
    unsent: tuple[Share, ...]
    sms_segments: int
    adds_up: bool


def report(tenant_id: UUID, diary: Diary, begins_at: datetime, ended_at: datetime) -> Report:
    """Read the end of a simulation."""
    with db.transaction(tenant_id) as session:
        people = _counts(dict(session.execute(_PEOPLE_COUNTERS).mappings().one()))
        messages = _counts(dict(session.execute(_COUNTERS).mappings().one()))
        outcomes = _shares(session, _PEOPLE)
        rows = {row.state: row.messages for row in session.execute(_ROWS)}
        last = session.execute(_LAST).scalar()
        return Report(
            begins_at,
            ended_at,
            last.date() if last else None,
            tuple(VirtualDay(day, dict(diary.days[day]), dict(diary.waits.get(day, {}))) for day in sorted(diary.days)),
            people,
            messages,
            outcomes,
            _shares(session, _ENROLMENTS),
            _shares(session, _UNSENT),
            session.execute(_SEGMENTS).scalar_one(),
            _adds_up(people, messages, rows, outcomes),
        )


def _adds_up(people: dict[str, int], messages: dict[str, int], rows: dict[str, int], outcomes: Iterable[Share]) -> bool:
    counted = Counter[str]()
    for share in outcomes:
        counted[share.state] += share.count
    parts = ("sent", "suppressed", "skipped", "failed", "pending")
    return all(
        (
            *(group["planned"] == sum(group[part] for part in parts) for group in (people, messages)),
            *(messages[part] == rows.get(part, 0) and people[part] == counted[part] for part in parts),
        )
    )


def _counts(row: Mapping[str, Any]) -> dict[str, int]:
    return {name: int(value) for name, value in row.items()}


def _shares(session: Session, query: Any) -> tuple[Share, ...]:
    return tuple(Share(*row) for row in session.execute(query))
