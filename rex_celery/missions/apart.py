"""Looking after many missions: the trouble of one is logged and holds up no other."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import structlog

log = structlog.get_logger()


def each(rows: Iterable[Any], work: Callable[[UUID, UUID], object]) -> None:
    """Do ``work`` for the (tenant, mission) of each row; what fails is looked at again in the next round."""
    for row in rows:
        tenant_id, mission_id = row[:2]
        try:
            work(tenant_id, mission_id)
        except Exception:
            log.exception("mission_not_looked_after", tenant_id=str(tenant_id), mission_id=str(mission_id))
