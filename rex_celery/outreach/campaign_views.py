"""Campaigns as they are shown."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import paging
from rex_celery.errors import NotFoundError
from rex_celery.paging import Page

_COLUMNS = """
SELECT c.id, c.name, c.sequence_id, s.name AS sequence, c.policy, c.paused_at,
  (SELECT count(*) FROM enrolments WHERE campaign_id = c.id AND state = 'active') AS enrolled,
  (SELECT count(*) FROM missions WHERE campaign_id = c.id) AS missions,
  c.created_by, c.created_at, c.archived_at
FROM campaigns AS c JOIN sequences AS s ON s.id = c.sequence_id
"""
_PAGE = text(
    _COLUMNS
    + """
WHERE (:archived OR c.archived_at IS NULL)
  AND (CAST(:at AS timestamptz) IS NULL OR (c.created_at, c.id) < (:at, CAST(:id AS uuid)))
ORDER BY c.created_at DESC, c.id DESC LIMIT :limit
"""
)
_GET = text(_COLUMNS + "WHERE c.id = :id")


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign; ``policy`` is what differs from the tenant's, ``enrolled`` are the people on their way through it."""

    id: UUID
    name: str
    sequence_id: UUID
    sequence: str
    policy: dict[str, Any]
    paused_at: datetime | None
    enrolled: int
    missions: int
    created_by: str
    created_at: datetime
    archived_at: datetime | None


def page(session: Session, *, archived: bool = False, limit: int = 50, cursor: str | None = None) -> Page[Campaign]:
    """A part of the tenant's campaigns, newest first; with ``archived`` those, too.

    Raises:
        InvalidError: the cursor is not one of this list's.

    """
    at, id_ = paging.read_cursor(cursor, datetime.fromisoformat, UUID) if cursor else (None, None)
    values = {"archived": archived, "at": at, "id": id_, "limit": limit + 1}
    rows = session.execute(_PAGE, values).all()
    return paging.cut(rows, limit, lambda row: Campaign(*row), lambda row: (row.created_at, row.id))


def get(session: Session, campaign_id: UUID) -> Campaign:
    """One campaign.

    Raises:
        NotFoundError: the tenant has no such campaign.

    """
    row = session.execute(_GET, {"id": campaign_id}).first()
    if row is None:
        raise no_campaign(campaign_id)
    return Campaign(*row)


def no_campaign(campaign_id: UUID) -> NotFoundError:
    """That the tenant has no such campaign."""
    return NotFoundError(
        f"There is no campaign {campaign_id}.", code="campaign_not_found", action="See GET /api/rex/campaigns."
    )
