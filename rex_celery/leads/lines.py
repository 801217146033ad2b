"""The physical lines of a stream of bytes, with the way back that a broken row needs."""

import io
import re
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from rex_celery.errors import InvalidError, Problem
from rex_celery.leads import encoding
from rex_celery.leads.rows import Rejection, shown

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# No list has such a line; without an end a gigabyte without a line break would have to fit into memory.
LONGEST_LINE = 1_000_000
_MARKS = ",;\t|"

_BUFFER = 1 << 18
_QUOTED = re.compile(r'"[^"]*"')


def open_lines(stream: BinaryIO) -> tuple["Lines", str]:
    """The lines of a stream, and the encoding it is in.

    Raises:
        InvalidError: it is empty, no text, or in an encoding that cannot be told.

    """
    head = _read(stream, encoding.SAMPLE_BYTES)
    name = encoding.detect(head, whole=len(head) < encoding.SAMPLE_BYTES)
    errors = "surrogatepass" if name.startswith("utf-16") else "surrogateescape"
    raw = io.BufferedReader(_Rest(head, stream), _BUFFER)
    return Lines(io.TextIOWrapper(raw, name, errors, newline="")), name


class Lines:
    """Physical lines, those of the current record remembered so that they can be read again."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._read = partial(text.readline, LONGEST_LINE)
        self._returned: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0

    def __iter__(self) -> "Lines":
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
            raise broken(self.number + 1, f"The text ends in the middle of a character ({error.reason}).") from error
        if len(line) >= LONGEST_LINE:
            raise broken(self.number + 1, f"The line is longer than {LONGEST_LINE} characters.")
        return line

    def give_back(self, lines: list[str]) -> None:
        """Have these lines read again."""
        self._returned.extendleft(reversed(lines))
        self.number -= len(lines)

    def odd_quotes(self) -> bool:
        """Whether a quote of the current record is not closed."""
        return sum(line.count('"') for line in self.taken) % 2 == 1

    def reject(self, line: int, reason: str) -> Rejection:
        """Give up on the first line of the current record only."""
        first, *others = self.taken
        self.give_back(others)
        return Rejection(line, None, shown(first.strip()), reason)


def delimiter_of(lines: "Lines") -> str:
    """What stands between the column names most often; one column needs none."""
    first = next(lines, "")
    lines.taken.clear()
    lines.give_back([first] if first else [])
    if first.lower().startswith("sep=") and len(first.strip()) == len("sep=;"):
        return first.strip()[-1]
    bare = _QUOTED.sub("", first)
    return max(_MARKS, key=bare.count)


def _read(stream: BinaryIO, size: int) -> bytes:
    """As many bytes as asked for, if there are; a pipe hands out fewer at a time."""
    parts = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def broken(line: int, what: str) -> InvalidError:
    """The refusal of a file that cannot be read beyond this line."""
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
