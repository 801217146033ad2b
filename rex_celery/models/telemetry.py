"""What agents did: one row per piece of work, their log lines, and every decision with its layer and rule."""

from uuid import UUID

from sqlalchemy import Float, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from rex_celery.models.base import Base, Id, Json, Moment, Serial, TenantOwned


class AgentRun(TenantOwned, Base):
    """One finished piece of an agent's work. ``key`` is SHA-256 of tenant, agent, mission, step and input: work with a key that stands here is never repeated."""  # noqa: E501

    __tablename__ = "agent_runs"
    __table_args__ = (Index("ix_agent_runs_tenant_id_agent", "tenant_id", "agent"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    agent: Mapped[str]
    mission_id: Mapped[UUID] = mapped_column(index=True)
    step_id: Mapped[UUID]
    chunk_no: Mapped[int]
    attempt: Mapped[int]
    succeeded: Mapped[bool]
    leads: Mapped[int]
    seconds: Mapped[float] = mapped_column(Float)
    model_calls: Mapped[int] = mapped_column(server_default=text("0"))
    cost: Mapped[float] = mapped_column(Float, server_default=text("0"))
    error: Mapped[str | None]
    finished_at: Mapped[Moment]


class AgentLog(TenantOwned, Base):
    """One line of an agent's or the engine's log about a mission."""

    __tablename__ = "agent_logs"
    __table_args__ = (Index("ix_agent_logs_mission_id_id", "mission_id", "id"),)

    id: Mapped[Serial]
    mission_id: Mapped[UUID]
    agent: Mapped[str]
    kind: Mapped[str]
    message: Mapped[str]
    details: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    at: Mapped[Moment]


class Decision(TenantOwned, Base):
    """One decision: which layer took it, by which rule, from which inputs, and what else it could have been."""

    __tablename__ = "decisions"
    __table_args__ = (Index("ix_decisions_mission_id", "mission_id"),)

    id: Mapped[Id]
    mission_id: Mapped[UUID | None]
    layer: Mapped[str]
    rule: Mapped[str]
    action: Mapped[str]
    inputs: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    alternatives: Mapped[list[str]] = mapped_column(server_default=text("'[]'"))
    at: Mapped[Moment]
