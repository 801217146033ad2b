"""A CSV file of any size as rows of cells with their line numbers; a broken row costs that row and no other."""

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from rex_celery.errors import InvalidError, Problem
from rex_celery.leads import encoding

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# No list has such a line; without an end a gigabyte without a line break would have to fit into memory.
LONGEST_LINE = 1_000_000
SAMPLE_ROWS = 1_000
_BUFFER = 1 << 18
# What is shown of a rejected value: enough to find it, too little to be a copy of the list.
SHOWN_CHARACTERS = 80

_QUOTED = re.compile(r'"[^"]*"')
_UNDECODED = re.compile(r"[\ud800-\udfff]")
_DELIMITERS = ",;\t|"


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
    head = _read(stream, encoding.SAMPLE_BYTES)
    name = encoding.detect(head, whole=len(head) < encoding.SAMPLE_BYTES)
    errors = "surrogatepass" if name.startswith("utf-16") else "surrogateescape"
    text = io.TextIOWrapper(io.BufferedReader(_Rest(head, stream), _BUFFER), name, errors, newline="")
    lines = _Lines(text)
    delimiter = _delimiter(lines)
    header = next((cells for cells in csv.reader(lines, delimiter=delimiter) if _filled(cells)), None)
    records = _records(lines, delimiter, tuple(header or ()), name)
    sample = list(islice(records, SAMPLE_ROWS))
    if header is None or not sample:
        raise InvalidError(
            "The file has no rows.", code="csv_empty", action="Choose a CSV file with column names and people below."
        )
    cells = tuple(row.cells for row in sample if isinstance(row, Row))
    return Table(name, tuple(header), cells, chain(sample, records))


def shown(value: str) -> str:
    """The beginning of a value in characters that can be stored and displayed."""
    return value[:SHOWN_CHARACTERS].encode("utf-8", "replace").decode().replace("\0", "\N{SYMBOL FOR NULL}")


def _records(lines: "_Lines", delimiter: str, header: tuple[str, ...], encoding_name: str) -> Iterator[Row | Rejection]:
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
            yield _unreadable(line, header, cells, encoding_name)
        else:
            yield Row(line, cells, len(text))


def _trimmed(cells: list[str], width: int) -> list[str]:
    """Spreadsheets write empty cells behind the last column."""
    return cells[:width] if not any(cells[width:]) else cells


def _unreadable(line: int, header: tuple[str, ...], cells: list[str], encoding_name: str) -> Rejection:
    name, cell = next((n, c) for n, c in zip(header, cells, strict=True) if "\0" in c or _UNDECODED.search(c))
    reason = "contains a NUL byte" if "\0" in cell else f"contains bytes that are not {encoding_name}"
    return Rejection(line, name, shown(cell), reason)


def _filled(cells: list[str]) -> bool:
    # Excel writes its own delimiter into the first line.
    return any(cell.strip() for cell in cells) and not cells[0].lower().startswith("sep=")


def _delimiter(lines: "_Lines") -> str:
    """What stands between the column names most often; one column needs none."""
    first = next(lines, "")
    lines.taken.clear()
    lines.give_back([first] if first else [])
    if first.lower().startswith("sep=") and len(first.strip()) == len("sep=;"):
        return first.strip()[-1]
    bare = _QUOTED.sub("", first)
    return max(_DELIMITERS, key=bare.count)


def _read(stream: BinaryIO, size: int) -> bytes:
    """As many bytes as asked for, if there are; a pipe hands out fewer at a time."""
    parts = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class _Lines:
    """Physical lines, those of the current record remembered so that they can be read again."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._read = partial(text.readline, LONGEST_LINE)
        self._returned: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else self._next()
        if not line:
            raise StopIteration
        self.number += 1
        self.taken.append(line)
        return line

    def _next(self) -> str:
        try:
            line = self._read()
        except UnicodeDecodeError as error:
            raise _broken(self.number + 1, f"The text ends in the middle of a character ({error.reason}).") from error
        if len(line) >= LONGEST_LINE:
            raise _broken(self.number + 1, f"The line is longer than {LONGEST_LINE} characters.")
        return line

    def give_back(self, lines: list[str]) -> None:
        """Have these lines read again."""
        self._returned.extendleft(reversed(lines))
        self.number -= len(lines)

    def odd_quotes(self) -> bool:
        return sum(line.count('"') for line in self.taken) % 2 == 1

    def reject(self, line: int, reason: str) -> Rejection:
        """Give up on the first line of the current record only."""
        first, *others = self.taken
        self.give_back(others)
        return Rejection(line, None, shown(first.strip()), reason)


def _broken(line: int, what: str) -> InvalidError:
    return InvalidError(
        "The file is damaged or not a CSV file; nothing of it was imported.",
        code="csv_damaged",
        problems=(Problem(f"line {line}", what, "A CSV file with one person on each line"),),
        action="Export the list again and upload the new file.",
    )


class _Rest(io.RawIOBase):
    """The bytes that were looked at already, then the rest of the stream."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = head
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        target = memoryview(buffer).cast("B")
        part, self._head = self._head[: len(target)], self._head[len(target) :]
        part = part or self._stream.read(len(target))
        target[: len(part)] = part
        return len(part)
