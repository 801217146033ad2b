"""The append-only event log of each tenant, the engine's tick marks and its dead letters."""

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from rex_celery.models.base import Base, Json, Moment, Serial, TenantOwned


class EventHead(TenantOwned, Base):
    """The last sequence number given out; its row lock is what makes the numbers gapless and in commit order."""

    __tablename__ = "event_heads"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class Event(TenantOwned, Base):
    """Something that happened, numbered per tenant without gaps."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_mission_id", "mission_id", "seq"),
        # How many messages were sent today, without reading every event of the tenant.
        Index("ix_events_sent", "tenant_id", "at", postgresql_where=text("type = 'message.sent'")),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    type: Mapped[str]
    mission_id: Mapped[UUID | None]
    payload: Mapped[Json]
    at: Mapped[Moment]


class DeadLetter(Base):
    """A message that REX could not even read, or a task that failed for a reason of ours; kept for inspection."""

    __tablename__ = "dead_letters"

    id: Mapped[Serial]
    tenant_id: Mapped[UUID | None] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"))
    task: Mapped[str]
    arguments: Mapped[str]
    error: Mapped[str]
    at: Mapped[Moment]


class Tick(Base):
    """That a timetable job ran for a slot of time; the key makes a second beat harmless."""

    __tablename__ = "ticks"

    job: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[Moment]
