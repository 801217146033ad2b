"""The sending policy: when messages may go out, and how many. A tenant's over REX's own, a campaign's over both."""

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True, slots=True)
class Hours:
    """Local hours, on which days (1 Monday to 7 Sunday). Overnight hours have ``start`` after ``end``."""

    start: time
    end: time
    days: frozenset[int]


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that is sent; None is no limit. Days are the tenant's calendar days."""

    tenant_per_day: int | None = 2000
    domain_per_day: int | None = 500
    inbox_per_day: int | None = 50
    inbox_per_hour: int | None = 15
    recipient_provider_per_hour: int | None = None
    campaign_per_day: int | None = None
    new_leads_per_day: int | None = None
    gap_seconds: int = 60
    jitter_seconds: int = 30


@dataclass(frozen=True, slots=True)
class Pressure:
    """The most touches one person gets over all missions and channels."""

    per_day: int = 1
    per_30_days: int = 6


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that decides when a message may go.

    ``timezone`` is the tenant's own, for its calendar days and for e-mail to people whose zone is unknown; SMS never
    goes to them.
    """

    hours: Hours = Hours(time(9), time(17), frozenset({1, 2, 3, 4, 5}))
    sms_hours: Hours = Hours(time(9), time(20), frozenset({1, 2, 3, 4, 5, 6}))
    # The tenant's own reading of the law, by country or by American state: (("US-FL", Hours(…)), …).
    sms_law: tuple[tuple[str, Hours], ...] = ()
    holidays: bool = True
    timezone: str = "UTC"
    caps: Caps = Caps()
    pressure: Pressure = Pressure()
    company_stop: bool = True
    # Replies go to a plus-address that names the message; the mailbox must know plus-addressing.
    reply_token: bool = False
    # Without word of its arrival a message counts as delivered after this long.
    arrival_hours: int = 24
    # After this long an unknown result is settled as sent: cold mail is never sent again on a guess.
    unknown_minutes: int = 60
    approve_first: int = 20


STANDARD = Policy()
