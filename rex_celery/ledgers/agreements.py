"""What one row of a list says of a consent: who, to which channel, in which words, when and until when."""

from dataclasses import dataclass
from datetime import UTC, datetime

from rex_celery.leads import identity, phones
from rex_celery.leads.identity import InvalidValueError
from rex_celery.leads.rows import Rejection
from rex_celery.ledgers.tables import Line
from rex_celery.vocabulary import Channel

COLUMNS = {
    "email": "email emailaddress mail address contactemail",
    "phone": "phone phonenumber mobile mobilephone number telephone cell",
    "channel": "channel scope",
    "source": "source form origin consentsource",
    "wording": "wording words text consenttext consent",
    "given_at": "givenat date consentdate given timestamp optindate consentedat",
    "withdrawn_at": "withdrawnat withdrawn optoutdate",
    "evidence": "evidence note notes proof ip url",
}
"""What the columns of a list may be called."""
_NEEDED = ("channel", "source", "wording", "given_at")
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Given:
    """A consent of somebody who may or may not be known."""

    line: Line
    email: str | None
    phone: str | None
    channel: str
    given_at: datetime
    withdrawn_at: datetime | None


def given(line: Line, now: datetime) -> Given | Rejection:
    """What one row says, or why it says nothing."""
    missing = [name for name in _NEEDED if not line.cells.get(name)]
    if missing:
        return line.reject(None, f"without {', '.join(missing)}")
    channel = line.cells["channel"].lower()
    if channel not in {str(one) for one in Channel}:
        return line.reject("channel", f"not one of {', '.join(Channel)}")
    given_at, ended = _moment(line.cells["given_at"]), _moment(line.cells.get("withdrawn_at", ""))
    if given_at is None or given_at > now:
        return line.reject("given_at", "not a past day or moment, such as 2026-03-31 or 2026-03-31T09:30:00+02:00")
    if line.cells.get("withdrawn_at") and ended is None:
        return line.reject("withdrawn_at", "not a day or moment, such as 2026-03-31")
    return _person(line, Given(line, None, None, channel, given_at, ended))


def _person(line: Line, given: Given) -> Given | Rejection:
    email, phone = line.cells.get("email"), line.cells.get("phone")
    column = "email"
    try:
        address = identity.email(email) if email else None
        column = "phone"
        number = phones.phone(phone).number if phone else None
    except InvalidValueError as error:
        return line.reject(column, str(error))
    if not (address or number):
        return line.reject(None, "there is no e-mail address and no telephone number")
    return Given(line, address, number, given.channel, given.given_at, given.withdrawn_at)


def _moment(words: str) -> datetime | None:
    """A day or moment in ISO 8601; without a time zone it is UTC."""
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
