"""What holds when two rows are one person: a rule for each field, as Python within a batch, as SQL in the table."""

import json
from datetime import date
from enum import Enum, auto
from typing import Any

from rex_celery.leads.rows import LeadRow


class Rule(Enum):
    """Which of two values of a field stays. A blank never replaces a value."""

    FIRST = auto()  # who somebody is: what is known stays, so that the same list always finds the same people
    NEWEST = auto()  # what is so: the row with the newer activity knows better
    EARLIEST = auto()
    GREATEST = auto()  # a count that two rows report is the same count, not two to be added


RULES = {
    "email": Rule.FIRST,
    "phone": Rule.FIRST,
    "crm_id": Rule.FIRST,
    "first_name": Rule.NEWEST,
    "last_name": Rule.NEWEST,
    "company": Rule.NEWEST,
    "title": Rule.NEWEST,
    "city": Rule.NEWEST,
    "region": Rule.NEWEST,
    "country": Rule.NEWEST,
    "source": Rule.NEWEST,
    "status": Rule.NEWEST,
    "notes": Rule.NEWEST,
    "linkedin_url": Rule.NEWEST,
    "crm_created_on": Rule.EARLIEST,
    "activities": Rule.GREATEST,
}
# Two values that are only true together: a stage with another deal's amount would be a deal that never was.
PAIRS = (("timezone", "timezone_source"), ("last_activity_on", "last_activity"), ("deal_stage", "deal_value"))

_OTHER_PHONE = "other_phone"


def merge(known: LeadRow, row: LeadRow) -> LeadRow:
    """What is known of a person after this row of the same person too; rows are merged in the order of the file."""
    newer = (row.last_activity_on or date.min) >= (known.last_activity_on or date.min)
    merged: dict[str, Any] = {
        field: _choose(rule, getattr(known, field), getattr(row, field), newer=newer) for field, rule in RULES.items()
    }
    for pair in PAIRS:
        theirs = [getattr(row, field) for field in pair]
        ours = [getattr(known, field) for field in pair]
        take = any(value is not None for value in theirs) and (newer or all(value is None for value in ours))
        merged |= dict(zip(pair, theirs if take else ours, strict=True))
    merged["extra"] = _merged_extra(known, row, newer=newer)
    return known._replace(**merged)


def assignments(table: str, row: str) -> str:
    """The same rules as the SET list of an UPDATE of ``table`` from ``row``."""
    newer = f"(coalesce({row}.last_activity_on, '-infinity') >= coalesce({table}.last_activity_on, '-infinity'))"
    parts = [
        f"{field} = {_expression(rule, f'{table}.{field}', f'{row}.{field}', newer)}" for field, rule in RULES.items()
    ]
    for one, other in PAIRS:
        known = f"({table}.{one} IS NOT NULL OR {table}.{other} IS NOT NULL)"
        told = f"({row}.{one} IS NOT NULL OR {row}.{other} IS NOT NULL)"
        take = f"{told} AND ({newer} OR NOT {known})"
        parts += [f"{field} = CASE WHEN {take} THEN {row}.{field} ELSE {table}.{field} END" for field in (one, other)]
    merged = f"CASE WHEN {newer} THEN {table}.extra || {row}.extra ELSE {row}.extra || {table}.extra END"
    phones = (
        f"CASE WHEN {table}.phone <> {row}.phone THEN jsonb_build_object('{_OTHER_PHONE}', {row}.phone) ELSE '{{}}' END"
    )
    return ", ".join([*parts, f"extra = {merged} || {phones}", "updated_at = now()"])


def _choose(rule: Rule, known: Any, told: Any, *, newer: bool) -> object:
    if known is None or told is None:
        return told if known is None else known
    match rule:
        case Rule.FIRST:
            return known
        case Rule.NEWEST:
            return told if newer else known
        case Rule.EARLIEST:
            return min(known, told)
        case Rule.GREATEST:
            return max(known, told)


def _expression(rule: Rule, known: str, told: str, newer: str) -> str:
    match rule:
        case Rule.FIRST:
            return f"coalesce({known}, {told})"
        case Rule.NEWEST:
            return f"CASE WHEN {newer} THEN coalesce({told}, {known}) ELSE coalesce({known}, {told}) END"
        case Rule.EARLIEST:
            return f"least({known}, {told})"
        case Rule.GREATEST:
            return f"greatest({known}, {told})"


def _merged_extra(known: LeadRow, row: LeadRow, *, newer: bool) -> str | None:
    ours, theirs = json.loads(known.extra or "{}"), json.loads(row.extra or "{}")
    merged = ours | theirs if newer else theirs | ours
    if known.phone and row.phone and known.phone != row.phone:
        merged[_OTHER_PHONE] = row.phone
    return json.dumps(merged, ensure_ascii=False) if merged else None
