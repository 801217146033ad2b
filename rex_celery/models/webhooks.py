"""Webhooks out: where events are sent, how far each tenant's were handed on, and every delivery."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rex_celery.models.base import Base, Id, Json, Moment, TenantOwned


class WebhookEndpoint(TenantOwned, Base):
    """An address of the tenant's that hears of events; ``events`` are type names or prefixes such as ``mission.*``.

    ``busy_until``: a worker delivers to it, or it is left alone after a failure, until then.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (CheckConstraint("state IN ('active','disabled')", "state"),)

    id: Mapped[Id]
    url: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    events: Mapped[list[str]] = mapped_column(server_default=text("'[]'"))
    state: Mapped[str] = mapped_column(server_default="active")
    reason: Mapped[str | None]
    failing_since: Mapped[datetime | None]
    busy_until: Mapped[datetime | None]
    after_seq: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    created_at: Mapped[Moment]


class WebhookDelivery(TenantOwned, Base):
    """One event on its way to one endpoint, and how each try went."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "seq"),
        CheckConstraint("state IN ('pending','delivered','failed','held')", "state"),
        Index("ix_webhook_deliveries_tenant_id_created_at", "tenant_id", "created_at"),
        Index("ix_webhook_deliveries_due", "next_at", postgresql_where=text("state = 'pending'")),
    )

    id: Mapped[Id]
    tenant_id: Mapped[UUID] = mapped_column()
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    seq: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str]
    payload: Mapped[Json]
    state: Mapped[str] = mapped_column(server_default="pending")
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_at: Mapped[Moment]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]
    created_at: Mapped[Moment]
    delivered_at: Mapped[datetime | None]
