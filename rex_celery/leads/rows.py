"""What a list says row by row: its cells as they are, a person made of them, or why the row is not taken."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

# What is shown of a rejected value: enough to find it, too little to be a copy of the list.
SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that was not taken: where it is and what would have to be different."""

    line: int
    column: str | None
    value: str | None
    reason: str


class Row(NamedTuple):
    """The cells of one row, as many as the header has; ``line`` is where it begins, ``length`` its characters."""

    line: int
    cells: list[str]
    length: int


class LeadRow(NamedTuple):
    """A person as one list tells of them, in the order of the columns they are copied into. None is unknown.

    ``extra`` is a JSON object: columns without a field, the telephone extension, and values that could not be read.
    """

    line: int
    email: str | None
    phone: str | None
    first_name: str | None
    last_name: str | None
    region: str | None
    country: str | None
    timezone: str | None
    timezone_source: str | None
    crm_created_on: date | None
    last_activity_on: date | None
    activities: int | None
    deal_value: Decimal | None
    extra: str | None
    company: str | None
    title: str | None
    city: str | None
    source: str | None
    status: str | None
    crm_id: str | None
    last_activity: str | None
    deal_stage: str | None
    notes: str | None
    linkedin_url: str | None


def shown(value: str) -> str:
    """The beginning of a value in characters that can be stored and displayed."""
    return value[:SHOWN_CHARACTERS].encode("utf-8", "replace").decode().replace("\0", "\N{SYMBOL FOR NULL}")
