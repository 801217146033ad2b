"""What the person wrote in a mail, without the mail that they quote."""

import re
from textwrap import wrap
from typing import Final

from mailparser_reply.parser import EmailMessage as ParsedReply

# A person's own words stand near the beginning. The time of the library's patterns grows with the square of a line.
_LONGEST, _LONGEST_LINE = 20_000, 400
_LANGUAGES: Final = ("en", "de", "fr", "es", "it", "nl", "pl", "sv", "da", "cs", "ja", "ko", "zh")
# How mail programs begin a quoted or forwarded mail that the library does not know, each alone on its line.
_SEPARATORS = re.compile(
    r"^(?:-{2,} ?(?:original(?: message|nachricht)?|urspr(?:ü|ue)ngliche nachricht|message d[’']origine"
    r"|mensaje original|messaggio originale|mensagem original|oorspronkelijk bericht|forwarded message) ?-{2,}"
    r"|_{20,}|em .{4,100} escreveu:|op .{4,100} schreef .{1,100}:|il .{4,100} ha scritto:"
    r"|el .{4,120} escribi(?:ó|o):)[^\S\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
# Words of the telephone, not of its owner.
_DEVICES = re.compile(
    r"^(?:sent from (?:my|outlook|mail|yahoo|proton)|get outlook for|gesendet (?:von mein|mit der|von outlook)"
    r"|envoyé (?:de|depuis) mon|enviado (?:desde|do) m|inviato da|verzonden vanaf).{0,80}$",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED = re.compile(r"^[^\S\n]*>.*$", re.MULTILINE)
_SIGNATURE = re.compile(r"^--[^\S\n]*$", re.MULTILINE)


def of(text: str) -> str:
    """The person's own words; all of the text where they cannot be told from the rest."""
    short = text[:_LONGEST]
    try:
        latest = ParsedReply(text=_wrapped(short), languages=list(_LANGUAGES), keep_hyphen_lists=True).read().replies
        own = next((_without_quotes(part.full_body) for part in latest), "")
    except (AttributeError, IndexError, RecursionError, ValueError):
        own = ""
    return own or _without_quotes(short) or short.strip()


def _without_quotes(text: str) -> str:
    found = _SEPARATORS.search(text)
    # A separator at the very top belongs to an answer that stands below what it quotes.
    above = text[: found.start()] if found and text[: found.start()].strip() else text
    own = _DEVICES.sub("", _QUOTED.sub("", above)).strip()
    unsigned = _SIGNATURE.split(own, maxsplit=1)[0].strip()
    return re.sub(r"\n{3,}", "\n\n", unsigned or own)


def _wrapped(text: str) -> str:
    """No very long lines, and no empty lines by the hundred."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.extend(wrap(line, _LONGEST_LINE) or [""])
    return "\n".join(lines)
