"""A host's own calendar by CalDAV: when they are busy, and our events in it, each under a name that never changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple, Self
from zoneinfo import ZoneInfo

import icalendar
import structlog
from caldav.davclient import DAVClient
from caldav.lib import error as dav

from rex_celery.errors import ProviderRejectedError, ProviderUnavailableError

log = structlog.get_logger()

# A visitor waits for this answer; a calendar that is slower is treated as one that does not answer.
TIMEOUT_SECONDS: Final = 5
_GONE: Final = (404, 410)
_FIRST_REFUSAL, _FIRST_FAILURE = 400, 500
_HEADERS = {"Content-Type": "text/calendar; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class CalendarAccount:
    """Where the calendar is: the address of the calendar itself, not of the server, and a login that may write."""

    url: str
    username: str
    password: str = field(repr=False)


class Busy(NamedTuple):
    """A time at which the host has something else to do, aware, in UTC; ``uid`` is the event's."""

    start: datetime
    end: datetime
    uid: str


class CaldavCalendar:
    """One calendar. For a short while and one thread: close it, or use it with ``with``."""

    def __init__(self, account: CalendarAccount, timeout: int = TIMEOUT_SECONDS) -> None:
        self._url = account.url.rstrip("/") + "/"
        self._client = DAVClient(
            url=self._url,
            username=account.username,
            password=account.password,
            timeout=timeout,
            enable_rfc6764=False,  # the address is the calendar's own: nothing is looked up in DNS
            rate_limit_handle=False,  # who asks us waits for the answer, so nobody sleeps here
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def busy(self, start: datetime, end: datetime, zone: ZoneInfo) -> list[Busy]:
        """What takes place between these moments, repeated events too; whole days and floating times are ``zone``'s.

        Raises:
            ProviderUnavailableError: the calendar does not answer, or not as a calendar.

        """
        with _translated():
            calendar = self._client.calendar(url=self._url)  # type: ignore[no-untyped-call]  # caldav's
            found = calendar.search(start=start, end=end, event=True, expand=True)
            events = [event for one in found for event in one.icalendar_instance.walk("VEVENT")]
        return sorted(busy for event in events if (busy := _read(event, zone)))

    def put(self, uid: str, content: bytes) -> None:
        """Write an event, or write it anew; the same again changes nothing.

        Raises:
            ProviderUnavailableError: the calendar does not answer or refuses the sign-in; try again later.
            ProviderRejectedError: the calendar does not want this event.

        """
        with _translated():
            answer = self._client.put(self._address(uid), content.decode(), _HEADERS)
        _check(answer.status)

    def delete(self, uid: str) -> None:
        """Take an event out; it may be gone already.

        Raises:
            ProviderUnavailableError, ProviderRejectedError: as ``put``.

        """
        with _translated():
            answer = self._client.delete(self._address(uid))
        if answer.status not in _GONE:
            _check(answer.status)

    def _address(self, uid: str) -> str:
        return f"{self._url}{uid}.ics"


def _check(status: int) -> None:
    if status >= _FIRST_FAILURE:
        raise ProviderUnavailableError(f"The calendar failed ({status}).")
    if status >= _FIRST_REFUSAL:
        raise ProviderRejectedError(f"The calendar refused the event ({status}).", code=str(status))


@contextmanager
def _translated() -> Iterator[None]:
    """The client's errors as ours, without the address or the account that they tell of."""
    try:
        yield
    except dav.RateLimitError as error:
        wait = timedelta(seconds=error.retry_after_seconds) if error.retry_after_seconds else None
        raise ProviderUnavailableError("The calendar asks for patience.", retry_after=wait) from None
    except dav.AuthorizationError:
        raise ProviderUnavailableError("The calendar refuses the sign-in.") from None
    # The client lets through what its HTTP library (OSError) and its readers of XML and iCalendar say of nonsense, and
    # stumbles over an empty answer (AttributeError).
    except (dav.DAVError, OSError, SyntaxError, ValueError, AttributeError) as error:
        log.warning("calendar_failed", error=type(error).__name__)
        raise ProviderUnavailableError(f"The calendar does not answer ({type(error).__name__}).") from None


def _read(event: icalendar.Component, zone: ZoneInfo) -> Busy | None:
    """When the event keeps its owner busy, if it does."""
    if str(event.get("TRANSP", "")).upper() == "TRANSPARENT" or str(event.get("STATUS", "")).upper() == "CANCELLED":
        return None
    begins = event.decoded("DTSTART", None)
    if begins is None:
        return None
    start, end = _moment(begins, zone), _moment(_end(event, begins), zone)
    return Busy(start, end, str(event.get("UID", ""))) if end > start else None


def _end(event: icalendar.Component, begins: date) -> Any:
    """DTEND, or the start and DURATION, or the whole day of a date (RFC 5545, 3.6.1)."""
    if "DTEND" in event:
        return event.decoded("DTEND")
    if "DURATION" in event:
        return begins + event.decoded("DURATION")
    return begins if isinstance(begins, datetime) else begins + timedelta(days=1)


def _moment(value: date, zone: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
