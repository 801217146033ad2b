"""A mail from its bytes, whatever they are: parsed leniently, its headers and its text as clean words."""

import re
from email import policy
from email.errors import MessageError
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser, BytesParser
from email.utils import getaddresses
from itertools import islice
from typing import Any, Final

from rex_celery.integrations.base import Mailbox
from rex_celery.integrations.mail_html import as_text

# What the standard library is known to raise on headers and parts that are no mail at all.
BROKEN: Final = (LookupError, ValueError, TypeError, AttributeError, AssertionError, MessageError, RecursionError)

# Nobody writes more than that to a stranger; the library's time grows faster than what it is given.
LONGEST_HEADER, LONGEST_TEXT = 8_000, 200_000
MOST_PARTS, MOST_IDS, MOST_REPEATS = 200, 100, 20
_MOST_BOUNDARIES: Final = 5_000

_MESSAGE_ID = re.compile(r"<([^<>]{1,900})>")
# Codecs that are no character sets: they refuse, warn, or take seconds.
_NO_CHARSETS: Final = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf_7"})


class _Lenient(policy.EmailPolicy):
    """The modern policy, except that a header which it cannot read stays the words it is."""

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        short = str(value)[:LONGEST_HEADER]
        try:
            return super().header_fetch_parse(name, short)
        except BROKEN:
            return clean(short)

    def decoded(self, value: Any) -> str:
        """The words of a header, on one line, whatever its structure."""
        return " ".join(clean(str(self.header_fetch_parse("subject", value))).split())


_POLICY: Final = _Lenient()


def parse(raw: bytes) -> Message:
    """The mail; only its headers, with the rest as plain text, if it is nested beyond reading."""
    if raw.count(b"\n--") > _MOST_BOUNDARIES:
        return only_headers(raw)
    try:
        return BytesParser(EmailMessage, policy=_POLICY).parsebytes(raw)
    except BROKEN:
        return only_headers(raw)


def only_headers(raw: bytes) -> Message:
    """The mail's headers, and all the rest as one text."""
    return BytesHeaderParser(policy=policy.compat32).parsebytes(raw)


def clean(words: str) -> str:
    """Words that every database and log can hold: no NUL, no half characters."""
    return words.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def header(message: Message, name: str) -> str:
    """The first header of this name on one line, decoded; empty without one."""
    return next((_POLICY.decoded(value) for value in _raw(message, name)), "")


def mailboxes(message: Message, *names: str) -> list[Mailbox]:
    """The addresses in the headers of these names, each once."""
    found: dict[str, Mailbox] = {}
    for value in (value for name in names for value in _raw(message, name)):
        for shown, address in _addresses(value):
            # An address with a space in it is a name that was not quoted.
            if "@" in address and not re.search(r"\s", address):
                found.setdefault(address.casefold(), Mailbox(clean(address), _POLICY.decoded(shown)))
    return list(found.values())


def ids(message: Message, name: str) -> tuple[str, ...]:
    """The Message-IDs in the headers of this name, in their order, with angle brackets; the first and last of many."""
    words = "".join(_raw(message, name))
    found = [f"<{''.join(inside.split())}>" for inside in _MESSAGE_ID.findall(clean(words))]
    unique = list(dict.fromkeys(found))
    return tuple(unique if len(unique) <= MOST_IDS else unique[:1] + unique[1 - MOST_IDS :])


def parts(message: Message) -> list[Message]:
    """The parts that are no containers, in reading order; what is inside an attached mail is not looked into."""
    found: list[Message] = []
    waiting = [message]
    while waiting and len(found) < MOST_PARTS:
        part = waiting.pop()
        if part.is_multipart() and part.get_content_maintype() != "message":
            waiting.extend(reversed(children(part)))
        else:
            found.append(part)
    return found


def children(part: Message) -> list[Message]:
    """What a container holds directly."""
    payload = part.get_payload()
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def text(message: Message) -> str:
    """What the mail says: its plain text, or else its HTML as text; attachments are no words."""
    said = [part for part in parts(message) if part.get_content_disposition() != "attachment"]
    plain = "\n".join(content(part) for part in said if part.get_content_type() == "text/plain")
    if plain.strip():
        return plain[:LONGEST_TEXT]
    return "\n".join(as_text(content(part)) for part in said if part.get_content_type() == "text/html")[:LONGEST_TEXT]


def content(part: Message) -> str:
    """The text of one part, in its character set or the likeliest other."""
    try:
        payload = part.get_payload(decode=True)
        declared = part.get_content_charset() or "utf-8"
    except BROKEN:
        return ""
    # Four bytes are the most that a character takes.
    raw = payload[: 4 * LONGEST_TEXT] if isinstance(payload, bytes) else b""
    return clean(_decoded(raw, declared))[:LONGEST_TEXT].replace("\r\n", "\n").replace("\r", "\n")


def _decoded(raw: bytes, declared: str) -> str:
    for charset in (declared, "utf-8"):
        if charset.replace("-", "_").lower() in _NO_CHARSETS:
            continue
        try:
            return raw.decode(charset, "strict" if charset == "utf-8" else "replace")
        except (LookupError, ValueError):
            continue
    return raw.decode("windows-1252", "replace")


def _addresses(words: str) -> list[tuple[str, str]]:
    try:
        return getaddresses([words[:LONGEST_HEADER]])
    except BROKEN:
        return []


def _raw(message: Message, name: str) -> list[str]:
    """The headers of this name as they were written; of very many the first."""
    found = (str(value) for key, value in message.raw_items() if key.lower() == name.lower())
    return list(islice(found, MOST_REPEATS))
