"""Which characters the bytes of a list are, and a refusal for what is no list at all."""

import codecs

from rex_celery.errors import InvalidError, Problem
from rex_celery.leads import old_encodings

# Enough to see umlauts in any real list, little enough to hold.
SAMPLE_BYTES = 1 << 20

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_TEXT = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"<", "a web page or XML"),
)


def detect(head: bytes, *, whole: bool) -> str:
    """The encoding of a list that begins with ``head``; ``whole`` says that nothing follows.

    Raises:
        InvalidError: it is empty, no text, or in an encoding that cannot be told.

    """
    if not head.strip():
        raise InvalidError(
            "The file is empty.", code="csv_empty", action="Choose a CSV file with a line of column names."
        )
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    _refuse_other_kinds(head)
    wrong = _first_wrong_byte(head, whole=whole)
    if wrong is None or _mostly_utf8(head):
        return "utf-8"
    return _old_encoding(head, wrong)


def _refuse_other_kinds(head: bytes) -> None:
    start = head.lstrip()
    kind = next((what for mark, what in _NOT_TEXT if start.startswith(mark)), None)
    if kind is None and head[:4096].count(0) > len(head[:4096]) // 8:
        kind = "UTF-16 without its byte order mark, or not text"
    if kind:
        raise InvalidError(
            f"The file is not a CSV file: it looks like {kind}.",
            code="csv_not_text",
            problems=(Problem("byte 0", f"The file begins with {start[:8]!r}.", "Text with commas, in UTF-8"),),
            action="Save or export the list as CSV (UTF-8) and upload that.",
        )


def _first_wrong_byte(head: bytes, *, whole: bool) -> int | None:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError as error:
        return error.start
    return None


def _mostly_utf8(head: bytes) -> bool:
    """A UTF-8 list with a few broken rows must not be read as if every accent in it were two letters."""
    beyond_ascii = [char for char in head.decode("utf-8", "surrogateescape") if char > "\x7f"]
    broken = sum(1 for char in beyond_ascii if "\ud800" <= char <= "\udfff")
    return len(beyond_ascii) - broken > broken


def _old_encoding(head: bytes, wrong: int) -> str:
    best = old_encodings.best(head)
    if best is not None:
        return best
    line = head.count(b"\n", 0, wrong) + 1
    others = ", ".join(old_encodings.OLD)
    what = f"The byte 0x{head[wrong]:02x} is not UTF-8, and the text makes no sense in {others} either."
    raise InvalidError(
        "The file's encoding cannot be told.",
        code="csv_encoding",
        problems=(Problem(f"line {line}, byte {wrong}", what, "UTF-8"),),
        action="Open the list in the program it came from and save it as CSV (UTF-8).",
    )
