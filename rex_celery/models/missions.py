"""Missions, their steps and chunks of leads, and what became of every lead."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rex_celery.models.base import Base, Id, Json, Moment, Serial, TenantOwned

OUTCOMES = ("pending", "sent", "suppressed", "skipped", "failed")


class Mission(TenantOwned, Base):
    """One piece of outreach work. ``epoch`` rises on cancel and retry, which makes every older task a no-op."""

    __tablename__ = "missions"
    __table_args__ = (
        CheckConstraint("priority BETWEEN 0 AND 100", "priority"),
        Index("ix_missions_tenant_id_created_at", "tenant_id", "created_at"),
        Index(
            "ix_missions_open",
            "state",
            postgresql_where=text("state NOT IN ('completed', 'cancelled', 'failed')"),
        ),
    )

    id: Mapped[Id]
    type: Mapped[str]
    name: Mapped[str]
    crew: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="queued")
    priority: Mapped[int] = mapped_column(server_default=text("50"))
    autonomy: Mapped[str]
    params: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    epoch: Mapped[int] = mapped_column(server_default=text("1"))
    stalls: Mapped[int] = mapped_column(server_default=text("0"))
    progress: Mapped[float] = mapped_column(server_default=text("0"))
    reason: Mapped[str | None]
    result: Mapped[Json | None]
    campaign_id: Mapped[UUID | None] = mapped_column(ForeignKey("campaigns.id", ondelete="SET NULL"))
    created_by: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Moment]
    paused_at: Mapped[datetime | None]
    boosted_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Step(TenantOwned, Base):
    """One agent's work in a mission: a single task, a fan-out over chunks, a person's approval, or a wait."""

    __tablename__ = "steps"
    __table_args__ = (
        UniqueConstraint("mission_id", "key"),
        CheckConstraint("kind IN ('task', 'fanout', 'approval', 'wait')", "kind"),
        CheckConstraint(
            "state IN ('blocked','ready','queued','running','waiting','done','failed','skipped','quarantined')", "state"
        ),
        Index(
            "ix_steps_open",
            "crew",
            "state",
            postgresql_where=text("state IN ('ready', 'queued', 'running', 'waiting')"),
        ),
    )

    id: Mapped[Id]
    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id", ondelete="CASCADE"))
    position: Mapped[int]
    key: Mapped[str]
    kind: Mapped[str]
    agent: Mapped[str]
    crew: Mapped[str]
    phase: Mapped[str]
    depends_on: Mapped[list[str]] = mapped_column(server_default=text("'[]'"))
    weight: Mapped[int] = mapped_column(server_default=text("1"))
    state: Mapped[str] = mapped_column(server_default="blocked")
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    total: Mapped[int] = mapped_column(server_default=text("0"))
    done: Mapped[int] = mapped_column(server_default=text("0"))
    failed: Mapped[int] = mapped_column(server_default=text("0"))
    error: Mapped[str | None]
    result: Mapped[Json | None]
    started_at: Mapped[datetime | None]
    progressed_at: Mapped[datetime | None]
    announced_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Chunk(TenantOwned, Base):
    """A step's work over one chunk of the mission's leads; the same leads share a number in every step.

    A step that is a single task has one chunk, number 0. ``attempt`` rises with every claim and fences out an older
    one; ``losses`` counts workers that died on it, ``rounds`` the waits for a provider that was down.
    """

    __tablename__ = "chunks"
    __table_args__ = (
        CheckConstraint("state IN ('ready','queued','running','waiting','done','failed','quarantined')", "state"),
        Index("ix_chunks_ready", "step_id", "no", postgresql_where=text("state = 'ready'")),
        Index("ix_chunks_taken", "crew", "state", postgresql_where=text("state IN ('queued', 'running', 'waiting')")),
    )

    step_id: Mapped[UUID] = mapped_column(ForeignKey("steps.id", ondelete="CASCADE"), primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    mission_id: Mapped[UUID]
    crew: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="ready")
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    losses: Mapped[int] = mapped_column(server_default=text("0"))
    rounds: Mapped[int] = mapped_column(server_default=text("0"))
    lease_until: Mapped[datetime | None]
    run_after: Mapped[datetime | None]
    queued_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    leads: Mapped[int] = mapped_column(server_default=text("0"))
    error: Mapped[str | None]


class Outcome(TenantOwned, Base):
    """What became of one lead in one mission; ``reason`` is a code of rex_celery.reasons.

    Its mission's tenant is checked, which is enough; the same goes for its history and its messages.
    """

    __tablename__ = "outcomes"
    __table_args__ = (
        CheckConstraint("state IN ('pending','sent','suppressed','skipped','failed')", "state"),
        CheckConstraint("state IN ('pending','sent') OR reason IS NOT NULL", "reason"),
        Index("ix_outcomes_mission_id_chunk_no_lead_id", "mission_id", "chunk_no", "lead_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column()
    # The lead comes first in the key: were it the mission, the planner might read a whole mission for a chunk.
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True)
    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id", ondelete="CASCADE"), primary_key=True)
    chunk_no: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="pending")
    reason: Mapped[str | None]
    score: Mapped[float | None]
    strategy: Mapped[str | None]
    channel: Mapped[str | None]
    details: Mapped[Json | None]


class OutcomeCounter(TenantOwned, Base):
    """How many leads of a chunk stand in each state; kept by a trigger on outcomes, one row a chunk so that workers never wait for each other."""  # noqa: E501

    __tablename__ = "outcome_counters"
    __table_args__ = (CheckConstraint("planned = sent + suppressed + skipped + failed + pending", "adds_up"),)

    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id", ondelete="CASCADE"), primary_key=True)
    chunk_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    planned: Mapped[int]
    sent: Mapped[int]
    suppressed: Mapped[int]
    skipped: Mapped[int]
    failed: Mapped[int]
    pending: Mapped[int]


class LeadHistory(TenantOwned, Base):
    """What each agent did about a lead, append-only."""

    __tablename__ = "lead_history"
    __table_args__ = (Index("ix_lead_history_lead_id", "lead_id"),)

    id: Mapped[Serial]
    tenant_id: Mapped[UUID] = mapped_column()
    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id", ondelete="CASCADE"))
    lead_id: Mapped[UUID]
    agent: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str | None]
    at: Mapped[Moment]


class CrewSlot(Base):
    """One of the places for running missions that a lead crew has; a lease, so a lost holder frees it."""

    __tablename__ = "crew_slots"

    crew: Mapped[str] = mapped_column(primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    mission_id: Mapped[UUID | None] = mapped_column(unique=True)
    lease_until: Mapped[datetime | None]


class MissionMove(Base):
    """A legal move between mission states; the trigger on missions refuses every other."""

    __tablename__ = "mission_moves"

    before: Mapped[str] = mapped_column(primary_key=True)
    after: Mapped[str] = mapped_column(primary_key=True)
