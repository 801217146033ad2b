"""A CSV file of any size as rows of cells with their line numbers; a broken row costs that row and no other."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

from rex_celery.errors import InvalidError
from rex_celery.leads.lines import Lines, broken, delimiter_of, open_lines
from rex_celery.leads.rows import Rejection, Row, shown

SAMPLE_ROWS = 1_000
_UNDECODED = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Table:
    """A list that is being read. ``rows`` can be gone through once."""

    encoding: str
    header: tuple[str, ...]
    sample: tuple[list[str], ...]
    rows: Iterator[Row | Rejection]


def open_table(stream: BinaryIO) -> Table:
    """Begin to read a list: its encoding, its header, and the rest row by row.

    Raises:
        InvalidError: it is empty, no CSV, without a header or rows, or in an unknown encoding. Also raised later,
            by ``rows``, where a line has no end.

    """
    lines, encoding = open_lines(stream)
    delimiter = delimiter_of(lines)
    header = _header(lines, delimiter)
    records = _records(lines, delimiter, header, encoding)
    sample = list(islice(records, SAMPLE_ROWS))
    if not sample:
        raise InvalidError(
            "The file has no rows.", code="csv_empty", action="Choose a CSV file with column names and people below."
        )
    cells = tuple(row.cells for row in sample if isinstance(row, Row))
    return Table(encoding, header, cells, chain(sample, records))


def _header(lines: Lines, delimiter: str) -> tuple[str, ...]:
    try:
        return next((tuple(cells) for cells in csv.reader(lines, delimiter=delimiter) if _filled(cells)), ())
    except csv.Error as error:
        raise broken(1, f"The names of the columns cannot be read: {error}.") from error


def _records(lines: Lines, delimiter: str, header: tuple[str, ...], encoding: str) -> Iterator[Row | Rejection]:
    reader = csv.reader(lines, delimiter=delimiter)
    width = len(header)
    while True:
        lines.taken.clear()
        line = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield lines.reject(line, f"a cell is longer than {csv.field_size_limit()} characters")
            continue
        if len(lines.taken) > 1 and (len(cells) != width or lines.odd_quotes()):
            # The quote swallowed good rows; they are read again without it.
            yield lines.reject(line, "a quotation mark is opened and not closed")
            continue
        text = "".join(cells)
        if not text or text.isspace():
            continue
        if len(cells) != width:
            cells = _trimmed(cells, width)
        if len(cells) != width:
            reason = f"the header has {width} columns, this row has {len(cells)} cells"
            yield Rejection(line, None, shown(delimiter.join(cells)), reason)
        elif "\0" in text or (not text.isascii() and _UNDECODED.search(text)):
            yield _unreadable(line, header, cells, encoding)
        else:
            yield Row(line, cells, len(text))


def _trimmed(cells: list[str], width: int) -> list[str]:
    """Spreadsheets write empty cells behind the last column."""
    return cells[:width] if not any(cells[width:]) else cells


def _unreadable(line: int, header: tuple[str, ...], cells: list[str], encoding: str) -> Rejection:
    name, cell = next((n, c) for n, c in zip(header, cells, strict=True) if "\0" in c or _UNDECODED.search(c))
    reason = "contains a NUL byte" if "\0" in cell else f"contains bytes that are not {encoding}"
    return Rejection(line, name, shown(cell), reason)


def _filled(cells: list[str]) -> bool:
    # Excel writes its own delimiter into the first line.
    return any(cell.strip() for cell in cells) and not cells[0].lower().startswith("sep=")
