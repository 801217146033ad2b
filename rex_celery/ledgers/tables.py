"""Lists as CSV: which column is what, with or without a header, row by row; and rows written out again."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from rex_celery.errors import InvalidError, Problem
from rex_celery.leads import reading
from rex_celery.leads.rows import Rejection, Row

# A spreadsheet would run these as formulas; a telephone number is none.
_FORMULA = re.compile(r"[=+\-@\t\r](?!\d*\Z)")
_TAMED = re.compile(r"'[=+\-@\t\r]")
_SIGNS = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True, slots=True)
class Line:
    """One row by the names of its columns; a cell that is empty is left out."""

    number: int
    cells: Mapping[str, str]

    def reject(self, column: str | None, reason: str) -> Rejection:
        """Why this row is not taken."""
        value = self.cells.get(column) if column else None
        return Rejection(self.number, column, value[:80] if value else None, reason)


def read(
    stream: BinaryIO, columns: Mapping[str, str], whose: Callable[[str], str | None]
) -> Iterator[Line | Rejection]:
    """The rows of a list. ``columns``: what each may be called, by field, in small letters without signs.

    ``whose`` tells which field a value belongs to, if any: a list whose first line is a value has no header.

    Raises:
        InvalidError: it is no CSV, or none of its columns is known.

    """
    table = reading.open_table(stream)
    rows: Iterable[Row | Rejection] = table.rows
    fields = [_field(name, columns) for name in table.header]
    if not any(fields):
        fields = [whose(cell.strip()) for cell in table.header]
        rows = chain([Row(1, list(table.header), 0)], rows)
    if not any(fields):
        expected = "one of the columns " + ", ".join(columns)
        problem = Problem("line 1", f"holds {', '.join(table.header)[:200]}", expected)
        raise InvalidError("No column of this list is known.", code="csv_columns", problems=(problem,))
    return (row if isinstance(row, Rejection) else _line(row, fields) for row in rows)


def lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A table as CSV, line by line."""
    yield _written(header)
    for row in rows:
        yield _written([_tame(cell) for cell in row])


def _field(name: str, columns: Mapping[str, str]) -> str | None:
    bare = _SIGNS.sub("", name.lower())
    return next((field for field, names in columns.items() if bare in names.split()), None)


def _line(row: Row, fields: Sequence[str | None]) -> Line:
    cells: dict[str, str] = {}
    for field, cell in zip(fields, row.cells, strict=True):
        plain = cell.strip()
        if field and plain:
            cells.setdefault(field, plain[1:] if _TAMED.match(plain) else plain)
    return Line(row.line, cells)


def _written(cells: Sequence[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _tame(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if _FORMULA.match(text) else text
