"""Whether a connection works, asked of its provider without changing anything there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from rex_celery import clock
from rex_celery.errors import ConflictError, ProviderUnavailableError, RefusedError
from rex_celery.integrations import imap
from rex_celery.integrations.caldav_calendar import CaldavCalendar, CalendarAccount
from rex_celery.outreach import delivery
from rex_celery.outreach.provider_fields import PROVIDERS
from rex_celery.tenancy import credentials


@dataclass(frozen=True, slots=True)
class Result:
    """What the provider said; ``detail`` is empty when it works."""

    works: bool
    detail: str


def ask(connection: Row[Any]) -> Result:
    """Sign in at the provider. Call it without a transaction open: it may take half a minute.

    Raises:
        ConflictError: there is no way to see it for this provider.

    """
    asked = delivery.check if PROVIDERS[connection.provider].channel else _OTHERS.get(connection.provider)
    if asked is None:
        raise ConflictError(
            f"A connection to {connection.provider} cannot be tested by asking: it only calls REX.",
            code="not_testable",
            action="See what comes in through it (GET /api/rex/webhooks/in).",
        )
    try:
        asked(connection)
    except (ProviderUnavailableError, RefusedError) as error:
        return Result(works=False, detail=error.detail)
    return Result(works=True, detail="")


def _mailbox(connection: Row[Any]) -> None:
    with imap.ImapMailbox(imap.server_of(connection.settings, credentials.decrypt(connection.secret))) as mailbox:
        mailbox.folders()


def _calendar(connection: Row[Any]) -> None:
    known = {**connection.settings, **credentials.decrypt(connection.secret)}
    now = clock.now()
    with CaldavCalendar(CalendarAccount(known["url"], known["username"], known["password"])) as calendar:
        calendar.busy(now, now + timedelta(hours=1), ZoneInfo("UTC"))


_OTHERS: Mapping[str, Callable[[Row[Any]], None]] = {"imap": _mailbox, "caldav": _calendar}
