"""The send ledger, and the built-in outbox that takes delivery when no provider is configured."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rex_celery.models.base import Base, Json, Moment, Serial, TenantOwned


class Message(TenantOwned, Base):
    """One message to one person; the unique key makes a second one impossible."""

    __tablename__ = "messages"
    __table_args__ = (
        # The lead comes first: through a key by mission the planner might read a whole mission for one chunk.
        UniqueConstraint("lead_id", "mission_id", "step_key", "channel"),
        CheckConstraint(
            "state IN ('planned','claimed','accepted','unknown','delivered',"
            "'suppressed','skipped','failed','cancelled')",
            "state",
        ),
        Index("ix_messages_mission_id_chunk_no_lead_id", "mission_id", "chunk_no", "lead_id"),
        # For the sweeper, which looks for abandoned claims among all messages ever sent.
        Index("ix_messages_claimed", "claimed_at", postgresql_where=text("state = 'claimed'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column()
    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id", ondelete="CASCADE"))
    lead_id: Mapped[UUID]
    chunk_no: Mapped[int]
    step_key: Mapped[str]
    channel: Mapped[str]
    recipient: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    framework: Mapped[str]
    facts: Mapped[Json | None]
    state: Mapped[str] = mapped_column(server_default="planned")
    reason: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    provider: Mapped[str | None]
    provider_id: Mapped[str | None]
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    created_at: Mapped[Moment]


class OutboxItem(TenantOwned, Base):
    """A delivery taken by the built-in outbox. Not unique per message on purpose: a second delivery would show."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_message_id", "message_id"),)

    id: Mapped[Serial]
    message_id: Mapped[UUID]
    channel: Mapped[str]
    recipient: Mapped[str]
    delivered_at: Mapped[Moment]
