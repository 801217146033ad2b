"""Sequences of messages and their versions, the campaigns that use them, and who is enrolled in which."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from rex_celery.models.base import Base, Id, Json, Moment, TenantOwned


class Sequence(TenantOwned, Base):
    """A sequence; its steps stand in its versions. ``shipped_key`` names one that came with REX."""

    __tablename__ = "sequences"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name"),
        Index(
            "uq_sequences_tenant_id_shipped_key",
            "tenant_id",
            "shipped_key",
            unique=True,
            postgresql_where=text("shipped_key IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    shipped_key: Mapped[str | None]
    active_version: Mapped[int] = mapped_column(server_default=text("1"))
    created_by: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Moment]
    archived_at: Mapped[datetime | None]


class SequenceVersion(TenantOwned, Base):
    """The steps of a sequence as they stood once; never changed, so an enrolment can rely on it."""

    __tablename__ = "sequence_versions"

    sequence_id: Mapped[UUID] = mapped_column(ForeignKey("sequences.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    steps: Mapped[list[Json]] = mapped_column(JSONB)
    created_by: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Moment]


class Snippet(TenantOwned, Base):
    """A piece of text that templates include by name."""

    __tablename__ = "snippets"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    id: Mapped[Id]
    name: Mapped[str]
    body: Mapped[str]
    updated_at: Mapped[Moment]


class Campaign(TenantOwned, Base):
    """Missions that share a sequence and a sending policy; pausing it holds all of their messages."""

    __tablename__ = "campaigns"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    id: Mapped[Id]
    name: Mapped[str]
    sequence_id: Mapped[UUID] = mapped_column(ForeignKey("sequences.id"))
    policy: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    paused_at: Mapped[datetime | None]
    created_by: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Moment]
    archived_at: Mapped[datetime | None]


class Enrolment(TenantOwned, Base):
    """One person on their way through one version of a sequence; a person has one active enrolment at most.

    The counters are its messages by state, kept by a trigger on messages.
    """

    __tablename__ = "enrolments"
    __table_args__ = (
        CheckConstraint("state IN ('active','completed','stopped')", "state"),
        CheckConstraint("state <> 'stopped' OR reason IS NOT NULL", "reason"),
        CheckConstraint("planned = sent + suppressed + skipped + failed + pending", "adds_up"),
        ForeignKeyConstraint(
            ["sequence_id", "version"], ["sequence_versions.sequence_id", "sequence_versions.version"]
        ),
        Index(
            "uq_enrolments_one_active", "tenant_id", "lead_id", unique=True, postgresql_where=text("state = 'active'")
        ),
        Index("ix_enrolments_mission_id_state", "mission_id", "state"),
        Index("ix_enrolments_lead_id", "lead_id"),
    )

    id: Mapped[Id]
    tenant_id: Mapped[UUID] = mapped_column()
    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id", ondelete="CASCADE"))
    campaign_id: Mapped[UUID | None] = mapped_column(ForeignKey("campaigns.id"))
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    chunk_no: Mapped[int]
    sequence_id: Mapped[UUID]
    version: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="active")
    reason: Mapped[str | None]
    # Out of office and the like: nothing is sent before this moment.
    resume_at: Mapped[datetime | None]
    planned: Mapped[int] = mapped_column(server_default=text("0"))
    sent: Mapped[int] = mapped_column(server_default=text("0"))
    suppressed: Mapped[int] = mapped_column(server_default=text("0"))
    skipped: Mapped[int] = mapped_column(server_default=text("0"))
    failed: Mapped[int] = mapped_column(server_default=text("0"))
    pending: Mapped[int] = mapped_column(server_default=text("0"))
    started_at: Mapped[Moment]
    ended_at: Mapped[datetime | None]


class Simulation(TenantOwned, Base):
    """A campaign that was tried on a virtual clock: what was asked, how far it is, and what would have happened."""

    __tablename__ = "simulations"
    __table_args__ = (
        CheckConstraint("state IN ('queued','running','done','failed')", "state"),
        Index("ix_simulations_tenant_id_created_at", "tenant_id", "created_at"),
    )

    id: Mapped[Id]
    state: Mapped[str] = mapped_column(server_default="queued")
    progress: Mapped[float] = mapped_column(server_default=text("0"))
    params: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    result: Mapped[Json | None]
    error: Mapped[str | None]
    created_by: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Moment]
    finished_at: Mapped[datetime | None]
