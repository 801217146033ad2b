"""The send ledger, and the built-in outbox that takes delivery when no provider is configured."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rex_celery.models.base import Base, Json, Moment, Serial, TenantOwned


class Message(TenantOwned, Base):
    """One message to one person; the unique key makes a second one impossible.

    ``run_after`` NULL: not due yet, because the message before it has not arrived, or sent by its chunk's own task.
    ``wait_reason`` says why a due message waits. ``position`` is its place in the sequence, from 0.
    """

    __tablename__ = "messages"
    __table_args__ = (
        # The lead comes first: through a key by mission the planner might read a whole mission for one chunk.
        UniqueConstraint("lead_id", "mission_id", "step_key", "channel"),
        CheckConstraint(
            "state IN ('planned','claimed','submitted','unknown','accepted','deferred','delivered','bounced','replied',"
            "'complained','suppressed','skipped','failed','cancelled')",
            "state",
        ),
        CheckConstraint("state NOT IN ('suppressed','skipped','failed','cancelled') OR reason IS NOT NULL", "reason"),
        Index("ix_messages_mission_id_chunk_no_lead_id", "mission_id", "chunk_no", "lead_id"),
        # For the sweeper, which looks for abandoned claims and lost results among all messages ever sent.
        Index(
            "ix_messages_claimed",
            "claimed_at",
            postgresql_where=text("state IN ('claimed', 'submitted', 'unknown')"),
        ),
        Index(
            "ix_messages_due",
            "inbox_id",
            "run_after",
            postgresql_where=text("state = 'planned' AND run_after IS NOT NULL"),
        ),
        # The next of each mission, however many wait behind it or for a person's word.
        Index(
            "ix_messages_sendable",
            "inbox_id",
            "mission_id",
            "run_after",
            postgresql_where=text(
                "state = 'planned' AND run_after IS NOT NULL AND enrolment_id IS NOT NULL"
                " AND wait_reason IS DISTINCT FROM 'waiting_approval'"
            ),
        ),
        # What people wrote is looked for each second, beside a hundred thousand that an inbox may have waiting.
        Index(
            "ix_messages_answers_due",
            "inbox_id",
            "run_after",
            postgresql_where=text("state = 'planned' AND run_after IS NOT NULL AND enrolment_id IS NULL"),
        ),
        Index(
            "ix_messages_waiting_approval",
            "mission_id",
            "position",
            "chunk_no",
            "lead_id",
            postgresql_where=text("state = 'planned' AND wait_reason = 'waiting_approval'"),
        ),
        Index("ix_messages_enrolment_id", "enrolment_id", postgresql_where=text("enrolment_id IS NOT NULL")),
        Index("ix_messages_thread_id", "thread_id", postgresql_where=text("thread_id IS NOT NULL")),
        Index(
            "ix_messages_provider_id",
            "tenant_id",
            "provider_id",
            postgresql_where=text("provider_id IS NOT NULL AND provider <> 'outbox'"),
        ),
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
    enrolment_id: Mapped[UUID | None]
    position: Mapped[int | None]
    inbox_id: Mapped[UUID | None]
    thread_id: Mapped[UUID | None]
    run_after: Mapped[datetime | None]
    wait_reason: Mapped[str | None]
    submitted_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    human_click_at: Mapped[datetime | None]
    in_reply_to: Mapped[str | None]
    recipient_provider: Mapped[str | None]
    segments: Mapped[int | None]
    price: Mapped[Decimal | None] = mapped_column(Numeric(12, 6))
    approved_at: Mapped[datetime | None]
    edited_at: Mapped[datetime | None]


class OutboxItem(TenantOwned, Base):
    """A delivery taken by the built-in outbox. Not unique per message on purpose: a second delivery would show."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_message_id", "message_id"),)

    id: Mapped[Serial]
    message_id: Mapped[UUID]
    channel: Mapped[str]
    recipient: Mapped[str]
    delivered_at: Mapped[Moment]
