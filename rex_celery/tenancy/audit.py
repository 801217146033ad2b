"""The audit log: every change made by a person or a key, append-only."""

import json

from sqlalchemy import text
from sqlalchemy.orm import Session

_RECORD = text(
    "INSERT INTO audit (tenant_id, actor, action, subject, details)"
    " VALUES (current_setting('rex.tenant')::uuid, :actor, :action, :subject, CAST(:details AS jsonb))"
)


def record(
    session: Session, actor: str, action: str, subject: str = "", details: dict[str, object] | None = None
) -> None:
    """Note a change in the transaction that makes it; needs a tenant's session.

    ``actor`` is a caller's, ``action`` a dotted word such as ``key.revoked``, ``subject`` the id of the thing.
    """
    known = {"actor": actor, "action": action, "subject": subject, "details": json.dumps(details or {}, default=str)}
    session.execute(_RECORD, known)
