"""The chain of Message-IDs that an answer of ours continues, so that every mail program keeps the thread together."""

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.orm import Session

# RFC 5322 lets a chain be shortened in the middle; the first and the newest are what programs look at.
_MOST = 20

_REFERENCES = text("""
SELECT external_id, "references" FROM replies
WHERE tenant_id = NULLIF(current_setting('rex.tenant', true), '')::uuid AND channel = 'email'
  AND external_id = ANY(CAST(:ids AS text[]))
""")


def of(session: Session, message_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """For each mail that came in, the References of an answer to it: its own, oldest first, and itself."""
    if not message_ids:
        return {}
    rows = session.execute(_REFERENCES, {"ids": sorted(message_ids)})
    return {row.external_id: _shortened((*row.references, row.external_id)) for row in rows}


def _shortened(chain: tuple[str, ...]) -> tuple[str, ...]:
    return chain if len(chain) <= _MOST else (chain[0], *chain[-(_MOST - 1) :])
