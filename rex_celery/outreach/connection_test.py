"""Whether a connection works, asked of its provider without changing anything there."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from rex_celery.errors import ConflictError, ProviderUnavailableError
from rex_celery.outreach import delivery
from rex_celery.outreach.provider_fields import PROVIDERS


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
    if not PROVIDERS[connection.provider].channel:
        raise ConflictError(
            f"A connection to {connection.provider} cannot be tested by asking.",
            code="not_testable",
            action="See what comes in through it.",
        )
    try:
        delivery.check(connection)
    except ProviderUnavailableError as error:
        return Result(works=False, detail=error.detail)
    return Result(works=True, detail="")
