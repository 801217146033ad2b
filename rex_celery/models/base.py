"""What every table shares: naming of constraints, column types, the owning tenant."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Date, DateTime, ForeignKey, MetaData, Numeric, Text, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Json = dict[str, Any]


class Base(DeclarativeBase):
    """The registry of all tables."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy's own spelling
        str: Text,
        datetime: DateTime(timezone=True),
        date: Date,
        Decimal: Numeric(14, 2),
        UUID: Uuid,
        Json: JSONB,
        list[str]: JSONB,
    }


Id = Annotated[UUID, mapped_column(primary_key=True, default=uuid4)]
Serial = Annotated[int, mapped_column(BigInteger, primary_key=True, autoincrement=True)]
Moment = Annotated[datetime, mapped_column(server_default=func.now())]


class TenantOwned:
    """A row that belongs to one tenant; row-level security hides it from all others."""

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"))


__all__ = ["Base", "Id", "Json", "Moment", "Serial", "TenantOwned"]
