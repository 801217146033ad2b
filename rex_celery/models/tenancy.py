"""Tenants, the people and keys that act for them, what they did, and answers kept for repeated requests."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from rex_celery.models.base import Base, Id, Json, Moment, Serial, TenantOwned

ROLES = "role IN ('admin', 'operator', 'viewer')"


class Tenant(Base):
    """One customer of this installation; every other row names its tenant."""

    __tablename__ = "tenants"

    id: Mapped[Id]
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    weight: Mapped[int] = mapped_column(server_default=text("1"))
    sender_name: Mapped[str] = mapped_column(server_default="")
    sender_email: Mapped[str] = mapped_column(server_default="")
    postal_address: Mapped[str] = mapped_column(server_default="")
    offer: Mapped[str] = mapped_column(server_default="")
    # The sending policy (windows, caps, pressure) where it differs from REX's own; see rex_celery.outreach.policy.
    policy: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    # Set on the throw-away tenants in which a campaign is simulated: no timetable and no list shows them.
    simulated_at: Mapped[datetime | None]
    sending_stopped_at: Mapped[datetime | None]
    created_at: Mapped[Moment]


class User(TenantOwned, Base):
    """A person who signs in with an e-mail address and a password."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint(ROLES, "role"), Index("uq_users_email", text("lower(email)"), unique=True))

    id: Mapped[Id]
    email: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[str]
    created_at: Mapped[Moment]
    disabled_at: Mapped[datetime | None]


class ApiKey(TenantOwned, Base):
    """A key for programs: only its SHA-256 is kept, the prefix is for people to tell keys apart."""

    __tablename__ = "api_keys"
    __table_args__ = (CheckConstraint(ROLES, "role"),)

    id: Mapped[Id]
    name: Mapped[str]
    prefix: Mapped[str]
    key_hash: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    created_by: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Moment]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class IdempotencyKey(TenantOwned, Base):
    """The stored answer to a request that carried an Idempotency-Key."""

    __tablename__ = "idempotency_keys"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    method: Mapped[str]
    path: Mapped[str]
    request_hash: Mapped[str]
    status: Mapped[int | None]
    response: Mapped[str | None]
    created_at: Mapped[Moment]


class AuditEntry(TenantOwned, Base):
    """One change made by a person or a key, append-only."""

    __tablename__ = "audit"

    id: Mapped[Serial]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    details: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    at: Mapped[Moment]
