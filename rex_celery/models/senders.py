"""Who messages come from: accounts at providers, inboxes with their caps, and how fast each may go now."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rex_celery.models.base import Base, Id, Json, Moment, TenantOwned


class Connection(TenantOwned, Base):
    """An account at a provider. ``secret`` is encrypted JSON; what is in ``settings`` may be shown."""

    __tablename__ = "connections"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    id: Mapped[Id]
    provider: Mapped[str]
    name: Mapped[str]
    settings: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(server_default="active")
    error: Mapped[str | None]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]


class Inbox(TenantOwned, Base):
    """One sender on one channel. A message keeps the inbox that claimed it, and a thread stays with its first.

    ``next_free_at`` is when it may send again (gap, hourly and daily caps); NULL means now.
    """

    __tablename__ = "inboxes"
    __table_args__ = (
        UniqueConstraint("tenant_id", "channel", "provider", "address"),
        CheckConstraint("channel IN ('email','sms','linkedin')", "channel"),
        CheckConstraint("state IN ('active','paused','suspended')", "state"),
    )

    id: Mapped[Id]
    channel: Mapped[str]
    provider: Mapped[str]
    connection_id: Mapped[UUID | None] = mapped_column(ForeignKey("connections.id"))
    address: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    domain: Mapped[str] = mapped_column(server_default="")
    aliases: Mapped[list[str]] = mapped_column(server_default=text("'[]'"))
    state: Mapped[str] = mapped_column(server_default="active")
    reason: Mapped[str | None]
    per_day: Mapped[int | None]
    per_hour: Mapped[int | None]
    gap_seconds: Mapped[int | None]
    jitter_seconds: Mapped[int | None]
    next_free_at: Mapped[datetime | None]
    created_at: Mapped[Moment]


class CapUsage(TenantOwned, Base):
    """How much of a cap is used in one slot of time: reserved by claims under way, committed by what was sent."""

    __tablename__ = "cap_usage"
    __table_args__ = (
        CheckConstraint("reserved >= 0 AND committed >= 0", "counts"),
        Index("ix_cap_usage_slot", "slot"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[datetime] = mapped_column(primary_key=True)
    reserved: Mapped[int] = mapped_column(server_default=text("0"))
    committed: Mapped[int] = mapped_column(server_default=text("0"))


class RecipientPace(TenantOwned, Base):
    """How fast one inbox may write to one recipient provider: slowed down by its 4xx answers, recovering after them."""

    __tablename__ = "recipient_paces"

    tenant_id: Mapped[UUID] = mapped_column()
    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id", ondelete="CASCADE"), primary_key=True)
    recipient_provider: Mapped[str] = mapped_column(primary_key=True)
    per_hour: Mapped[float]
    hold_until: Mapped[datetime | None]
    deferrals: Mapped[int] = mapped_column(server_default=text("0"))
    updated_at: Mapped[Moment]


class Breaker(TenantOwned, Base):
    """The circuit breaker of one way out; open after failures in a row, then one probe decides."""

    __tablename__ = "breakers"
    __table_args__ = (CheckConstraint("state IN ('closed','open','half_open')", "state"),)

    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("inboxes.id", ondelete="CASCADE"), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column()
    state: Mapped[str] = mapped_column(server_default="closed")
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    retry_at: Mapped[datetime | None]
    error: Mapped[str | None]
    updated_at: Mapped[Moment]


class ImapCursor(TenantOwned, Base):
    """How far a mailbox folder was read. Another UID validity means that its numbers begin anew."""

    __tablename__ = "imap_cursors"

    connection_id: Mapped[UUID] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True)
    folder: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column()
    uid_validity: Mapped[int] = mapped_column(BigInteger)
    last_uid: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    retry_at: Mapped[datetime | None]
    error: Mapped[str | None]
    polled_at: Mapped[datetime | None]
