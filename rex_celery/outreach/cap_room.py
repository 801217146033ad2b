"""How much of each cap is used now: read without taking anything of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.outreach.cap_scopes import NONE, Ask, Own, scopes_of
from rex_celery.outreach.policy import Policy

_USED = text("""
SELECT u.scope, u.key, u.slot, u.reserved + u.committed AS used FROM cap_usage AS u
JOIN unnest(CAST(:scopes AS text[]), CAST(:keys AS text[]), CAST(:slots AS timestamptz[])) AS c(scope, key, slot)
  ON c.scope = u.scope AND c.key = u.key AND c.slot = u.slot
WHERE u.tenant_id = :tenant
""")


@dataclass(frozen=True, slots=True)
class CapRoom:
    """One cap in the hour or day that runs until ``until``. ``limit`` None: no limit. ``reason`` holds what is beyond.

    ``scope`` is tenant_day, domain_day, inbox_day, inbox_hour, recipient_hour, campaign_day or new_leads_day; ``key``
    says which domain, inbox, provider or campaign. ``used`` counts what left and what is being handed over.
    """

    scope: str
    key: str
    used: int
    limit: int | None
    until: datetime
    reason: str

    @property
    def full(self) -> bool:
        """Whether nothing more goes before ``until``."""
        return self.limit is not None and self.used >= self.limit


def room(  # noqa: PLR0913, PLR0917  whose message, by which rules, and when
    session: Session, tenant_id: UUID, ask: Ask, policy: Policy, now: datetime, own: Own = NONE
) -> list[CapRoom]:
    """Every cap that a message would count towards if it left now; ``own`` are the caps of its inbox."""
    scopes = scopes_of(ask, policy, now, own)
    values = {
        "tenant": tenant_id,
        "scopes": [one.usage.scope for one in scopes],
        "keys": [one.usage.key for one in scopes],
        "slots": [one.usage.slot for one in scopes],
    }
    used = {(row.scope, row.key): row.used for row in session.execute(_USED, values)}
    return [
        CapRoom(
            one.usage.scope,
            one.usage.key,
            used.get((one.usage.scope, one.usage.key), 0),
            one.limit,
            one.until,
            one.reason,
        )
        for one in scopes
    ]
