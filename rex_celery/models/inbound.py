"""What comes back: provider events kept as they came, facts about deliveries, answers, threads and things to do."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rex_celery.models.base import Base, Id, Json, Moment, Serial, TenantOwned


class InboundEvent(TenantOwned, Base):
    """Something a provider told us, kept once before it is answered, and applied by a worker afterwards."""

    __tablename__ = "inbound_events"
    __table_args__ = (
        UniqueConstraint("tenant_id", "provider", "event_id"),
        CheckConstraint("state IN ('pending','applied','ignored','unmatched','failed')", "state"),
        # Kinds first: an answer is found at once, however many delivery events wait.
        Index("ix_inbound_events_pending", "tenant_id", "kind", "id", postgresql_where=text("state = 'pending'")),
        Index("ix_inbound_events_received_at", "tenant_id", "received_at"),
    )

    id: Mapped[Serial]
    connection_id: Mapped[UUID | None]
    provider: Mapped[str]
    kind: Mapped[str]
    event_id: Mapped[str]
    payload: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(server_default="pending")
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    run_after: Mapped[datetime | None]
    note: Mapped[str | None]
    received_at: Mapped[Moment]
    applied_at: Mapped[datetime | None]


class DeliveryFact(TenantOwned, Base):
    """One thing known about a delivery, whoever said it: API answer, webhook, bounce mail, feedback loop or reply."""

    __tablename__ = "delivery_facts"
    __table_args__ = (
        UniqueConstraint("tenant_id", "provider", "event_id"),
        Index("ix_delivery_facts_message_id", "message_id"),
        Index("ix_delivery_facts_inbox_id_at", "inbox_id", "at"),
    )

    id: Mapped[Serial]
    message_id: Mapped[UUID | None]
    inbox_id: Mapped[UUID | None]
    kind: Mapped[str]
    source: Mapped[str]
    provider: Mapped[str]
    event_id: Mapped[str]
    code: Mapped[str | None]
    classification: Mapped[str | None]
    evidence: Mapped[str | None]
    details: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    at: Mapped[datetime]
    stored_at: Mapped[Moment]


class Thread(TenantOwned, Base):
    """A conversation with one person on one channel."""

    __tablename__ = "threads"
    __table_args__ = (
        CheckConstraint("state IN ('open','answered','closed')", "state"),
        Index("ix_threads_tenant_id_last_at", "tenant_id", "last_at"),
        Index("ix_threads_lead_id", "lead_id"),
    )

    id: Mapped[Id]
    tenant_id: Mapped[UUID] = mapped_column()
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    mission_id: Mapped[UUID | None] = mapped_column(ForeignKey("missions.id", ondelete="CASCADE"))
    enrolment_id: Mapped[UUID | None] = mapped_column(ForeignKey("enrolments.id", ondelete="SET NULL"))
    inbox_id: Mapped[UUID | None] = mapped_column(ForeignKey("inboxes.id", ondelete="SET NULL"))
    channel: Mapped[str]
    subject: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="open")
    label: Mapped[str | None]
    last_at: Mapped[datetime]
    created_at: Mapped[Moment]


class Reply(TenantOwned, Base):
    """A message that came in. ``kind`` reply, out_of_office, automatic, own or unmatched; ``label`` says what it wants."""  # noqa: E501

    __tablename__ = "replies"
    __table_args__ = (
        UniqueConstraint("tenant_id", "channel", "external_id"),
        Index("ix_replies_thread_id", "thread_id"),
        Index("ix_replies_lead_id", "lead_id"),
        # Those that the rules left unclear, which a model may be asked about.
        Index(
            "ix_replies_unclear",
            "id",
            postgresql_where=text("kind = 'reply' AND label = 'unclear' AND labelled_by = 'rules'"),
        ),
    )

    id: Mapped[Id]
    tenant_id: Mapped[UUID] = mapped_column()
    inbound_event_id: Mapped[int | None] = mapped_column(BigInteger)
    thread_id: Mapped[UUID | None] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"))
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    message_id: Mapped[UUID | None]
    channel: Mapped[str]
    external_id: Mapped[str]
    in_reply_to: Mapped[str | None]
    references: Mapped[list[str]] = mapped_column(server_default=text("'[]'"))
    sender: Mapped[str]
    recipient: Mapped[str]
    subject: Mapped[str] = mapped_column(server_default="")
    body: Mapped[str] = mapped_column(server_default="")
    full_body: Mapped[str] = mapped_column(server_default="")
    kind: Mapped[str]
    matched_by: Mapped[str | None]
    label: Mapped[str | None]
    confidence: Mapped[float | None]
    labelled_by: Mapped[str | None]
    received_at: Mapped[datetime]
    created_at: Mapped[Moment]


class Todo(TenantOwned, Base):
    """Something that a person must do: answer, approve, copy a LinkedIn text, look at what could not be matched."""

    __tablename__ = "todos"
    __table_args__ = (
        CheckConstraint("state IN ('open','done','dismissed')", "state"),
        Index(
            "uq_todos_kind_message_id",
            "kind",
            "message_id",
            unique=True,
            postgresql_where=text("message_id IS NOT NULL"),
        ),
        Index("ix_todos_tenant_id_state_created_at", "tenant_id", "state", "created_at"),
        # Every stop dismisses what was to be sent by hand, every answer closes what was open in its thread.
        Index("ix_todos_message_id", "message_id", postgresql_where=text("message_id IS NOT NULL")),
        Index("ix_todos_thread_id", "thread_id", postgresql_where=text("thread_id IS NOT NULL")),
    )

    id: Mapped[Id]
    tenant_id: Mapped[UUID] = mapped_column()
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="open")
    title: Mapped[str]
    body: Mapped[str] = mapped_column(server_default="")
    details: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    mission_id: Mapped[UUID | None] = mapped_column(ForeignKey("missions.id", ondelete="CASCADE"))
    message_id: Mapped[UUID | None]
    thread_id: Mapped[UUID | None] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"))
    due_at: Mapped[datetime | None]
    created_at: Mapped[Moment]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]
