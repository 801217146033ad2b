"""A tenant's own settings: who its messages come from and what they offer."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.tenancy import audit

# The row stays locked until the commit, so two changes of different fields at once both count.
_READ = text("SELECT sender_name, sender_email, postal_address, offer FROM tenants WHERE id = :tenant FOR UPDATE")
_WRITE = text(
    "UPDATE tenants SET sender_name = :sender_name, sender_email = :sender_email,"
    " postal_address = :postal_address, offer = :offer WHERE id = :tenant"
)


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """The sender that a mission uses unless it names its own; empty means not set yet."""

    sender_name: str
    sender_email: str
    postal_address: str
    offer: str


@dataclass(frozen=True, slots=True)
class Tenant:
    """What most requests need to know of their tenant; ``last_seq`` is the number of its newest event."""

    name: str
    settings: SenderSettings
    sending_stopped_at: datetime | None
    last_seq: int


def change(session: Session, tenant_id: UUID, changes: dict[str, str], *, actor: str) -> SenderSettings:
    """Set the named fields and leave the others; returns all of them."""
    known = SenderSettings(*session.execute(_READ, {"tenant": tenant_id}).one())
    settings = replace(known, **changes)
    session.execute(_WRITE, asdict(settings) | {"tenant": tenant_id})
    audit.record(session, actor, "settings.changed", details={"fields": sorted(changes)})
    return settings
