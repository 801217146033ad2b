"""What a simulation is asked for: whom, how long, and how people and providers are taken to behave."""

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from rex_celery.errors import InvalidError, Problem

LONGEST_DAYS = 120
MOST_LEADS = 20_000


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares from 0 to 1: of people whose address is dead, and of messages that are put off, complained of, answered
    by a person or by an absence note, or used to unsubscribe.
    """  # noqa: D205  one sentence

    bounce: float = 0.02
    deferral: float = 0.03
    complaint: float = 0.0005
    reply: float = 0.03
    out_of_office: float = 0.02
    unsubscribe: float = 0.005


@dataclass(frozen=True, slots=True)
class Asked:
    """One simulation. ``import_id``: a list of the tenant's; without one ``leads`` people are made up.

    ``policy`` and ``inboxes`` take the place of the tenant's own where they are given: an inbox is ``provider`` and
    what its row holds. ``starts_at`` None: now.
    """

    sequence: str = "reactivation"
    import_id: UUID | None = None
    leads: int = 1000
    days: int = 30
    starts_at: datetime | None = None
    seed: int = 1
    rates: Rates = field(default_factory=Rates)
    policy: dict[str, Any] | None = None
    inboxes: tuple[dict[str, Any], ...] = ()

    def begins(self, now: datetime) -> datetime:
        """When the virtual clock begins, to the minute."""
        return (self.starts_at or now).astimezone(UTC).replace(second=0, microsecond=0)

    def ends(self, now: datetime) -> datetime:
        """When the virtual clock ends."""
        return self.begins(now) + timedelta(days=self.days)


def check(asked: Asked) -> Asked:
    """The same, if it can be simulated.

    Raises:
        InvalidError: all that is wrong with it.

    """
    problems = []
    if not 1 <= asked.days <= LONGEST_DAYS:
        problems.append(Problem("days", f"{asked.days} days", f"1 to {LONGEST_DAYS}"))
    if asked.import_id is None and not 1 <= asked.leads <= MOST_LEADS:
        problems.append(Problem("leads", f"{asked.leads} people", f"1 to {MOST_LEADS}"))
    for rate in fields(Rates):
        share = getattr(asked.rates, rate.name)
        if not 0 <= share <= 1:
            problems.append(Problem(f"rates.{rate.name}", f"{share}", "a share from 0 to 1, such as 0.02"))
    if problems:
        raise InvalidError("This cannot be simulated.", problems=tuple(problems))
    return asked
