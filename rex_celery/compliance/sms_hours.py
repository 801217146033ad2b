"""When the law lets a text message be sent: a table, because states keep changing it; check it with counsel."""

from dataclasses import dataclass
from datetime import time

_WEEK = frozenset(range(1, 8))
_NO_SUNDAY = _WEEK - {7}
_WORKING = frozenset(range(1, 6))
_SATURDAY, _SUNDAY = frozenset({6}), frozenset({7})


@dataclass(frozen=True, slots=True)
class LawfulHours:
    """Local hours on some days (1 Monday to 7 Sunday)."""

    start: time
    end: time
    days: frozenset[int]


@dataclass(frozen=True, slots=True)
class Law:
    """What one law allows, all bands together; ``source`` is where it stands. No ``holidays``: none on public ones."""

    bands: tuple[LawfulHours, ...]
    source: str
    holidays: bool = True


def _daily(start: int, end: int, days: frozenset[int] = _WEEK) -> tuple[LawfulHours, ...]:
    return (LawfulHours(time(start), time(end), days),)


# The widest hours anywhere: what the United States allow at the place of the person called, and REX everywhere.
WIDEST = Law(_daily(8, 21), "47 CFR § 64.1200(c)(1)")

# Where it is disputed whether a rule reaches texts, or whether consent lifts it, it is taken to hold.
STATES = {
    "AL": Law(_daily(8, 20, _NO_SUNDAY), "Ala. Code § 8-19A-1 et seq.", holidays=False),
    "CA": Law(_daily(9, 21), "Cal. Pub. Util. Code § 2872(c)"),
    "CT": Law(_daily(9, 20), "Conn. Gen. Stat. § 42-288a"),
    "FL": Law(_daily(8, 20), "Fla. Stat. § 501.616(6)"),
    "IL": Law(_daily(9, 21), "815 ILCS 305/15"),
    "KY": Law(_daily(10, 21), "KRS 367.46955"),
    "LA": Law(_daily(8, 20, _NO_SUNDAY), "La. PSC General Order R-29617 § V(A)", holidays=False),
    "MA": Law(_daily(8, 20), "Mass. Gen. Laws ch. 159C § 3"),
    "MD": Law(_daily(8, 20), "Md. Stop the Spam Calls Act of 2023"),
    "MI": Law(_daily(9, 21), "MCL 750.540e"),
    "MN": Law(_daily(9, 21), "Minn. Stat. § 325E.30"),
    "MS": Law(_daily(8, 20, _NO_SUNDAY), "Miss. Code § 77-3-701 et seq.", holidays=False),
    "NJ": Law(_daily(8, 20), "N.J. Stat. § 56:8-119 et seq."),
    "NM": Law(_daily(9, 21), "N.M. Stat. § 57-12-22"),
    "NV": Law(_daily(9, 20), "NRS 598.0918"),
    "OK": Law(_daily(8, 20), "15 O.S. § 775C.4"),
    "OR": Law(_daily(8, 20), "Or. HB 3865 (2025)"),
    "PA": Law(_daily(8, 21, _NO_SUNDAY), "73 P.S. § 2241 et seq.", holidays=False),
    "RI": Law(
        (*_daily(9, 18, _WORKING), *_daily(10, 17, _SATURDAY)), "R.I. Gen. Laws §§ 5-61-2(9), 5-61-3.6", holidays=False
    ),
    "SC": Law(_daily(8, 19), "S.C. Code § 16-17-446"),
    "SD": Law(_daily(9, 21, _NO_SUNDAY), "S.D. Codified Laws § 37-30A-3"),
    "TX": Law((*_daily(9, 21, _NO_SUNDAY), *_daily(12, 21, _SUNDAY)), "Tex. Bus. & Com. Code § 301.051"),
    "UT": Law(_daily(8, 21, _NO_SUNDAY), "Utah Code § 13-25a-103", holidays=False),
    "WA": Law(_daily(8, 20), "RCW 80.36.390"),
    "WY": Law(_daily(8, 20), "Wyo. Stat. § 6-6-104"),
}
"""American states whose law is narrower than the federal one, by their two letters."""
