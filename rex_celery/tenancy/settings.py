"""A tenant's own settings: who its messages come from and what they offer."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.tenancy import audit

_READ = text(
    "SELECT t.sender_name, t.sender_email, t.postal_address, t.offer, t.sending_stopped_at,"
    " coalesce(h.seq, 0) AS seq FROM tenants AS t LEFT JOIN event_heads AS h ON h.tenant_id = t.id"
    " WHERE t.id = :tenant"
)
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
class Standing:
    """How a tenant stands: its settings, whether its sending is stopped, and the number of its last event."""

    settings: SenderSettings
    sending_stopped_at: datetime | None
    last_seq: int


def standing(session: Session, tenant_id: UUID) -> Standing:
    """How the tenant stands now."""
    row = session.execute(_READ, {"tenant": tenant_id}).one()
    return Standing(SenderSettings(*row[:4]), row.sending_stopped_at, row.seq)


def change(session: Session, tenant_id: UUID, changes: dict[str, str], *, actor: str) -> SenderSettings:
    """Set the named fields and leave the others; returns all of them."""
    settings = replace(standing(session, tenant_id).settings, **changes)
    session.execute(_WRITE, asdict(settings) | {"tenant": tenant_id})
    audit.record(session, actor, "settings.changed", details={"fields": sorted(changes)})
    return settings
