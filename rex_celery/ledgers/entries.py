"""Who stands on a suppression list: an address, a number or a whole domain, in its one spelling."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from publicsuffixlist import PublicSuffixList

from rex_celery import reasons
from rex_celery.compliance.suppression import EVERYWHERE, Person
from rex_celery.leads import identity, phones
from rex_celery.leads.identity import InvalidValueError
from rex_celery.leads.rows import Rejection
from rex_celery.ledgers.tables import Line
from rex_celery.vocabulary import Channel

MANUAL = "suppressed_manual"
REASONS = tuple(code for code in reasons.REASONS if code in {
    "suppressed_opt_out", "suppressed_unsubscribed", "suppressed_bounce", "suppressed_complaint", MANUAL,
})  # fmt: skip
"""Why a person may stand on a list."""
SCOPES = (EVERYWHERE, *(str(channel) for channel in Channel))
COLUMNS = {
    "email": "email emailaddress mail address recipient emails contactemail",
    "phone": "phone phonenumber mobile mobilephone number telephone cell to phones",
    "domain": "domain domainname domains emaildomain",
    "scope": "scope channel",
    "reason": "reason",
    "evidence": "note notes comment evidence status",
}
"""What the columns of a list may be called."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One person or domain with the reason and scope that the list gives; empty: those of the whole list."""

    person: Person
    reason: str = ""
    scope: str = ""
    evidence: str = ""


def entry(line: Line) -> Entry | Rejection:
    """The entry of one row, or why it is none."""
    scope = line.cells.get("scope", "").lower()
    if scope and scope not in SCOPES:
        return line.reject("scope", f"not one of {', '.join(SCOPES)}")
    told = line.cells.get("reason", "")
    known = told if told in REASONS else ""
    evidence = line.cells.get("evidence", "") or ("" if known else told)
    try:
        who = person(line.cells.get("email", ""), line.cells.get("phone", ""), line.cells.get("domain", ""))
    except _UnreadableError as error:
        return line.reject(error.column, str(error))
    return Entry(who, known, scope, evidence[:500])


def person(email: str, phone: str, named: str) -> Person:
    """Who is meant; ``@acme.com`` in the place of an address is the whole domain.

    Raises:
        InvalidValueError: nobody, or not in a way that can be read.

    """
    if named or email.lstrip("*").startswith("@"):
        if (named and email) or phone:
            raise _UnreadableError("domain", "a domain stands alone, without a person")
        return Person(domain=_read("domain", domain, named or email))
    found = Person(
        email=_read("email", identity.email, email) if email else None,
        phone=_read("phone", _phone, phone) if phone else None,
    )
    if not (found.email or found.phone):
        raise _UnreadableError(None, "there is no e-mail address, telephone number or domain")
    return found


def domain(text: str) -> str:
    """The one spelling of a domain: without ``@``, as in the addresses of leads.

    Raises:
        InvalidValueError: it is none, or one under which anybody may have a name, such as ``co.uk``.

    """
    plain = text.strip().lower().lstrip("*").lstrip("@.").rstrip(".")
    try:
        plain = identity.email(f"somebody@{plain}").rpartition("@")[2]
        registered = _suffixes().privatesuffix(plain.encode("idna").decode())
    except (InvalidValueError, UnicodeError) as error:
        raise InvalidValueError("not a domain") from error
    if registered is None:
        raise InvalidValueError("a public suffix: everybody may have a name under it")
    return plain


def field_of(value: str) -> str | None:
    """Whether a bare value is an address, a number or a domain; None: a word, such as the name of a column."""
    for name, given in (("email", (value, "", "")), ("phone", ("", value, "")), ("domain", ("", "", value))):
        try:
            person(*given)
        except InvalidValueError:
            continue
        return name
    return None


class _UnreadableError(InvalidValueError):
    def __init__(self, column: str | None, words: str) -> None:
        super().__init__(words)
        self.column = column


def _read(column: str, how: Callable[[str], str], text: str) -> str:
    try:
        return how(text)
    except InvalidValueError as error:
        raise _UnreadableError(column, str(error)) from error


def _phone(text: str) -> str:
    return phones.phone(text).number


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True)
