"""Who a person is: one spelling for each e-mail address and each name, however a CRM wrote it."""

import re
import unicodedata
from typing import NamedTuple

from email_validator import SPECIAL_USE_DOMAIN_NAMES as RESERVED
from email_validator import EmailNotValidError, validate_email

# Addresses that the full check would surely accept, told in a microsecond; all others go through it.
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN = re.compile(rf"(?=.{{6,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+([a-z]{{2,63}})\Z")
# What people write round an address: Ada <ada@example.com>, mailto:ada@example.com?subject=Hi
_BRACKETED = re.compile(r"<\s*([^<>]+?)\s*>")
_SEVERAL = re.compile(r"\s*[;,]\s*")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_HONORIFICS = _words("mr mrs ms miss mx dr prof sir dame rev fr herr frau mme mlle sr sra hon")
_SUFFIXES = _words("jr sr ii iii iv v md dds dvm phd esq cpa mba rn do jd pe pmp dmd mph pharmd obe cfa")
_PARTICLES = _words("van von de der den del della di da la le du dos das ten ter bin ibn al el y e")
# Most names are written like this and need no mending.
_USUAL = re.compile(r"([A-Z][a-z]+) ([A-Z][a-z]+)\Z")
_MC = re.compile(r"\bMc([a-z])")


class InvalidValueError(ValueError):
    """A value that cannot be read; the message says why, without the value."""


class Name(NamedTuple):
    """A person's name in two parts; None is unknown."""

    first: str | None
    last: str | None


def email(text: str) -> str:
    """The one spelling of an e-mail address: without decoration, lower case, Unicode composed.

    The local part is lowered too: no provider of today tells ``Ada@`` from ``ada@``, and CRMs write both.

    Raises:
        InvalidValueError: it is not an address, or one that can never receive anything.

    """
    plain = text.strip().lower()
    found = _PLAIN.match(plain)
    # Two dashes are punycode or forbidden, depending on where they stand.
    if found and found[1] not in RESERVED and "--" not in plain:
        return plain
    return _checked(_undecorated(plain))


def full_name(text: str) -> Name:
    """A full name in two parts, without titles and degrees: ``Dr. Ada M. Lovelace, PhD`` is Ada M. and Lovelace."""
    usual = _USUAL.match(text)
    if usual and usual[1].lower() not in _HONORIFICS:
        return Name(usual[1], usual[2])
    before, comma, after = text.partition(",")
    words = _without_titles(before.split())
    given = [] if all(_bare(word) in _SUFFIXES for word in after.split()) else _without_titles(after.split())
    # "Lovelace, Ada" is the other order; "Ada Lovelace, PhD" is not, because nothing but a degree follows.
    if comma and given and words:
        return Name(_cased(given), _cased(words))
    split = _start_of_surname(words)
    return Name(_cased(words[:split]), _cased(words[split:]))


def name_part(text: str) -> str | None:
    """A first or last name on its own, without titles."""
    return _cased(_without_titles(text.replace(",", " ").split()))


def _undecorated(text: str) -> str:
    bracketed = _BRACKETED.search(text)
    bare = unicodedata.normalize("NFKC", bracketed[1] if bracketed else text).strip().lower()
    bare = bare.removeprefix("mailto:").partition("?")[0].strip(" '\"<>;,")
    # Several addresses in one cell: the first is the person's main one.
    return next((word for word in _SEVERAL.split(bare) if "@" in word), bare)


def _checked(text: str) -> str:
    try:
        found = validate_email(text, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise InvalidValueError(f"not an e-mail address: {error}") from error
    return found.normalized.lower()


def _without_titles(words: list[str]) -> list[str]:
    start, end = 0, len(words)
    while start < end and _bare(words[start]) in _HONORIFICS:
        start += 1
    # Two words are a first and a last name, whatever the second looks like: Anna Do is no doctor of osteopathy.
    while end > start + 2 and _bare(words[end - 1]) in _SUFFIXES:
        end -= 1
    return words[start:end]


def _start_of_surname(words: list[str]) -> int:
    """Particles belong to the surname: Ludwig | van Beethoven."""
    for position in range(1, len(words) - 1):
        if _bare(words[position]) in _PARTICLES:
            return position
    return max(len(words) - 1, 1)


def _bare(word: str) -> str:
    return word.replace(".", "").lower()


def _cased(words: list[str]) -> str | None:
    """Casing is mended only where there is none: a name written in mixed case is as its owner writes it."""
    name = " ".join(words)
    if not name:
        return None
    if len(name) > 1 and (name.isupper() or name.islower()):
        mended = [word if word in _PARTICLES else word.title() for word in name.lower().split()]
        return _MC.sub(lambda found: "Mc" + found[1].upper(), " ".join(mended))
    return name
