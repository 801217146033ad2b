"""Rows in batches of distinct people, written out as Postgres wants to copy them."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from rex_celery.leads import merging
from rex_celery.leads.reading import Rejection, Row
from rex_celery.leads.rows import LeadRow, Normaliser

# Large enough that a batch's ten statements cost nothing a row, small enough that two of them are a few megabytes.
BATCH_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a list: the people in them once each, the rows not taken, both as CSV for COPY."""

    rows: int
    rejected: int
    by_phone: bool
    leads: str
    rejections: str


def batches(rows: Iterable[Row | Rejection], normaliser: Normaliser, size: int = BATCH_ROWS) -> Iterator[Batch]:
    """All rows of a list, ``size`` at a time."""
    source = iter(rows)
    while part := list(islice(source, size)):
        yield _batch(part, normaliser)


def _batch(rows: list[Row | Rejection], normaliser: Normaliser) -> Batch:
    people: dict[str, LeadRow] = {}
    rejections = []
    for row in rows:
        found = normaliser.lead(row) if isinstance(row, Row) else row
        if isinstance(found, Rejection):
            rejections.append(found)
            continue
        key = found.email or found.phone or ""
        known = people.get(key)
        people[key] = found if known is None else merging.merge(known, found)
    by_phone = any(person.email is None for person in people.values())
    told = ((rejection.line, rejection.column, rejection.value, rejection.reason) for rejection in rejections)
    return Batch(len(rows), len(rejections), by_phone, _as_csv(people.values()), _as_csv(told))


def _as_csv(rows: Iterable[tuple[object, ...]]) -> str:
    """None and the empty string are both written as nothing, which COPY reads as NULL."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
