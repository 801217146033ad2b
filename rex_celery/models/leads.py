"""Leads, the lists they came in, and the ledgers of consent and suppression."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from rex_celery.models.base import Base, Id, Json, Moment, Serial, TenantOwned


class Lead(TenantOwned, Base):
    """One person. ``email`` is normalised, ``phone`` is E.164; NULL means unknown, never a made-up default."""

    __tablename__ = "leads"
    __table_args__ = (
        Index(
            "uq_leads_tenant_id_email", "tenant_id", "email", unique=True, postgresql_where=text("email IS NOT NULL")
        ),
        Index(
            "uq_leads_tenant_id_phone",
            "tenant_id",
            "phone",
            unique=True,
            postgresql_where=text("email IS NULL AND phone IS NOT NULL"),
        ),
        Index("ix_leads_phone", "tenant_id", "phone", postgresql_where=text("phone IS NOT NULL")),
        Index("ix_leads_tenant_id_id", "tenant_id", "id"),
    )

    id: Mapped[Id]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    company: Mapped[str | None]
    title: Mapped[str | None]
    city: Mapped[str | None]
    region: Mapped[str | None]
    country: Mapped[str | None]
    timezone: Mapped[str | None]
    timezone_source: Mapped[str | None]
    source: Mapped[str | None]
    status: Mapped[str | None]
    crm_id: Mapped[str | None]
    crm_created_on: Mapped[date | None]
    last_activity_on: Mapped[date | None]
    last_activity: Mapped[str | None]
    activities: Mapped[int | None]
    deal_stage: Mapped[str | None]
    deal_value: Mapped[Decimal | None]
    notes: Mapped[str | None]
    linkedin_url: Mapped[str | None]
    extra: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]


class Import(TenantOwned, Base):
    """One uploaded list and what became of its rows: ``rows = created + merged + rejected`` when done."""

    __tablename__ = "imports"
    __table_args__ = (
        CheckConstraint("state IN ('running', 'done', 'failed')", "state"),
        Index("ix_imports_tenant_id_created_at", "tenant_id", "created_at"),
    )

    id: Mapped[Id]
    filename: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="running")
    encoding: Mapped[str | None]
    columns: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    rows: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    created: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    merged: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    rejected: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    members: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    error: Mapped[str | None]
    created_at: Mapped[Moment]
    finished_at: Mapped[datetime | None]


class ImportRejection(TenantOwned, Base):
    """One row that was not taken, with its line in the file and the reason."""

    __tablename__ = "import_rejections"

    id: Mapped[Serial]
    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), index=True)
    line: Mapped[int] = mapped_column(BigInteger)
    column: Mapped[str | None]
    value: Mapped[str | None]
    reason: Mapped[str]


class ImportMember(TenantOwned, Base):
    """A lead that this list named; a lead may stand in many lists. Its import's tenant is checked, which is enough."""

    __tablename__ = "import_members"

    tenant_id: Mapped[UUID] = mapped_column()
    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)


class Consent(TenantOwned, Base):
    """That a person agreed to a channel: where, in which words, when, and until when."""

    __tablename__ = "consents"

    id: Mapped[Id]
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    channel: Mapped[str]
    source: Mapped[str]
    wording: Mapped[str]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    evidence: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    recorded_by: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Moment]


class Suppression(TenantOwned, Base):
    """A person, or a whole ``domain``, that must not be written to, and the evidence. ``scope`` is a channel or all."""

    __tablename__ = "suppressions"
    __table_args__ = (
        Index("ix_suppressions_tenant_id_email", "tenant_id", "email"),
        Index("ix_suppressions_tenant_id_phone", "tenant_id", "phone"),
        Index("ix_suppressions_tenant_id_lead_id", "tenant_id", "lead_id"),
        Index("ix_suppressions_listed", "tenant_id", "created_at", "id"),
        Index("ix_suppressions_domain", "tenant_id", "domain", postgresql_where=text("domain IS NOT NULL")),
        CheckConstraint("scope IN ('all', 'email', 'sms', 'linkedin')", "scope"),
    )

    id: Mapped[Id]
    lead_id: Mapped[UUID | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    domain: Mapped[str | None]
    scope: Mapped[str] = mapped_column(server_default="all")
    reason: Mapped[str]
    source: Mapped[str]
    evidence: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[Moment]
