"""Text from outside as Postgres can store it: no NUL, no half characters, no endless lines."""

# No header of a mail is longer (RFC 5322); what is longer is an attack or a mistake.
_LONGEST_LINE = 998
_LONGEST_TEXT = 200_000


def words(text: str) -> str:
    """Text with its lines."""
    return text[:_LONGEST_TEXT].replace("\0", "").encode("utf-8", "replace").decode()


def line(text: str) -> str:
    """One line of text, with single spaces."""
    return " ".join(words(text)[:_LONGEST_LINE].split())
