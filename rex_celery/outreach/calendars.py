"""Hosts' own calendars: when they are busy, read when a visitor looks, and our meetings written after the commit."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import redis.exceptions
import structlog
from sqlalchemy import text

from rex_celery import db
from rex_celery.errors import ProviderUnavailableError, RefusedError
from rex_celery.integrations.caldav_calendar import Busy, CaldavCalendar, CalendarAccount
from rex_celery.meetings import ics
from rex_celery.meetings.availability import Interval
from rex_celery.meetings.pages import BookingPage
from rex_celery.redis import client
from rex_celery.tenancy import credentials

log = structlog.get_logger()

# A visitor who looks again, or books, needs no second answer of the calendar; truth is never kept here.
FRESH = timedelta(seconds=60)
# So long a calendar that did not answer is not asked again: each visitor would wait for it.
SILENT = timedelta(seconds=20)
_KEY = "rex:busy:{}:{}"
_NO_ANSWER = "none"

_ACCOUNT = text("SELECT settings, secret FROM connections WHERE id = :id AND provider = 'caldav' AND state = 'active'")


@dataclass(frozen=True, slots=True)
class Outside:
    """What the host's own calendar holds; ``known`` is False when it did not answer, and then it holds nothing."""

    busy: tuple[Interval, ...] = ()
    known: bool = True


def outside(tenant_id: UUID, page: BookingPage, now: datetime) -> Outside:
    """When the host is busy elsewhere, at most a minute old; opens its own transactions and may ask the calendar.

    Our own events are left out: the database knows better what became of them.
    """
    if page.connection_id is None:
        return Outside()
    kept = _kept(page)
    if kept is None:
        kept = _asked(tenant_id, page, now)
        _keep(page, kept)
    if kept == _NO_ANSWER:
        return Outside(known=False)
    return Outside(tuple(Interval(*map(datetime.fromisoformat, pair)) for pair in json.loads(kept)))


def account(tenant_id: UUID, connection_id: UUID) -> CalendarAccount:
    """The login of a calendar, in a transaction of its own.

    Raises:
        ProviderUnavailableError: the connection is gone, paused, or its password cannot be read.

    """
    with db.transaction(tenant_id) as session:
        row = session.execute(_ACCOUNT, {"id": connection_id}).one_or_none()
    if row is None:
        raise ProviderUnavailableError("The connection to the calendar is gone or paused.")
    try:
        secret = credentials.decrypt(row.secret)
    except RefusedError as refusal:
        raise ProviderUnavailableError(refusal.detail) from None
    known = {**row.settings, **secret}
    return CalendarAccount(*(str(known.get(name, "")) for name in ("url", "username", "password")))


def _asked(tenant_id: UUID, page: BookingPage, now: datetime) -> str:
    zone = ZoneInfo(page.timezone)
    try:
        with CaldavCalendar(account(tenant_id, page.connection_id or page.id)) as calendar:
            found = calendar.busy(now, now + timedelta(days=page.horizon_days + 1), zone)
    except ProviderUnavailableError as error:
        log.warning("calendar_unknown", page_id=str(page.id), error=error.detail)
        return _NO_ANSWER
    return json.dumps([(one.start.isoformat(), one.end.isoformat()) for one in _others(found)])


def _others(found: Iterable[Busy]) -> Iterable[Busy]:
    return (one for one in found if not ics.is_ours(one.uid))


def _kept(page: BookingPage) -> str | None:
    try:
        kept = client().get(_name(page))
    except redis.exceptions.RedisError:
        return None
    return str(kept) if kept is not None else None


def _keep(page: BookingPage, answer: str) -> None:
    try:
        client().set(_name(page), answer, ex=SILENT if answer == _NO_ANSWER else FRESH)
    except redis.exceptions.RedisError as error:
        log.warning("calendar_not_kept", error=type(error).__name__)


def _name(page: BookingPage) -> str:
    # Pages of one calendar may look further ahead than others, or read floating times in another zone.
    return _KEY.format(page.connection_id, page.id)
