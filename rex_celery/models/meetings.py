"""Booking pages and the meetings booked on them or at an outside calendar."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rex_celery.models.base import Base, Id, Json, Moment, TenantOwned


class BookingPage(TenantOwned, Base):
    """When somebody may be booked; ``hours`` are weekly local times in ``timezone``."""

    __tablename__ = "booking_pages"
    __table_args__ = (UniqueConstraint("tenant_id", "slug"),)

    id: Mapped[Id]
    slug: Mapped[str]
    title: Mapped[str]
    host_name: Mapped[str]
    host_email: Mapped[str]
    location: Mapped[str] = mapped_column(server_default="")
    timezone: Mapped[str]
    hours: Mapped[Json]
    minutes: Mapped[int] = mapped_column(server_default=text("30"))
    buffer_minutes: Mapped[int] = mapped_column(server_default=text("0"))
    notice_minutes: Mapped[int] = mapped_column(server_default=text("240"))
    horizon_days: Mapped[int] = mapped_column(server_default=text("30"))
    connection_id: Mapped[UUID | None] = mapped_column(ForeignKey("connections.id"))
    state: Mapped[str] = mapped_column(server_default="active")
    created_at: Mapped[Moment]


class Meeting(TenantOwned, Base):
    """One meeting with one person; a rescheduled one keeps its row and raises ``sequence``.

    ``earlier_ids`` are what an outside calendar called it before it was moved.
    """

    __tablename__ = "meetings"
    __table_args__ = (
        UniqueConstraint("tenant_id", "provider", "provider_id"),
        CheckConstraint("state IN ('booked','cancelled')", "state"),
        CheckConstraint("ends_at > starts_at", "times"),
        Index("ix_meetings_lead_id", "lead_id"),
        Index("ix_meetings_page_id_starts_at", "page_id", "starts_at", postgresql_where=text("state = 'booked'")),
    )

    id: Mapped[Id]
    tenant_id: Mapped[UUID] = mapped_column()
    page_id: Mapped[UUID | None] = mapped_column(ForeignKey("booking_pages.id"))
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    mission_id: Mapped[UUID | None] = mapped_column(ForeignKey("missions.id", ondelete="CASCADE"))
    provider: Mapped[str]
    provider_id: Mapped[str]
    earlier_ids: Mapped[list[str]] = mapped_column(server_default=text("'[]'"))
    state: Mapped[str] = mapped_column(server_default="booked")
    title: Mapped[str] = mapped_column(server_default="")
    invitee_name: Mapped[str]
    invitee_email: Mapped[str]
    invitee_timezone: Mapped[str | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    sequence: Mapped[int] = mapped_column(server_default=text("0"))
    calendar_state: Mapped[str | None]
    note: Mapped[str | None]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    cancelled_at: Mapped[datetime | None]
