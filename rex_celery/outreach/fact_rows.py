"""The table of delivery facts: each is kept once, whoever tells it and however often."""

import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.integrations.base import ProviderEvent

# An inbox that is not named is the one that claimed the message: whoever sent it is credited with it.
_STORE = text("""
INSERT INTO delivery_facts (tenant_id, message_id, inbox_id, kind, source, provider, event_id, code, classification,
  evidence, details, at)
SELECT :tenant, v.message_id, coalesce(CAST(:inbox AS uuid), m.inbox_id), v.kind, v.source, v.provider, v.event_id,
  nullif(v.code, ''), nullif(v.classification, ''), nullif(v.evidence, ''), v.details, v.at
FROM unnest(CAST(:messages AS uuid[]), CAST(:kinds AS text[]), CAST(:sources AS text[]), CAST(:providers AS text[]),
            CAST(:event_ids AS text[]), CAST(:codes AS text[]), CAST(:classes AS text[]), CAST(:evidences AS text[]),
            CAST(:details AS jsonb[]), CAST(:ats AS timestamptz[]))
  AS v(message_id, kind, source, provider, event_id, code, classification, evidence, details, at)
LEFT JOIN messages AS m ON m.id = v.message_id
ON CONFLICT (tenant_id, provider, event_id) DO NOTHING RETURNING provider, event_id
""")


def store(
    session: Session, tenant_id: UUID, inbox_id: UUID | None, events: Sequence[ProviderEvent]
) -> set[tuple[str, str]]:
    """Keep facts; gives those that were not known yet, by provider and event id."""
    if not events:
        return set()
    values = {
        "tenant": tenant_id,
        "inbox": inbox_id,
        "messages": [event.message_id for event in events],
        "kinds": [event.kind for event in events],
        "sources": [event.source for event in events],
        "providers": [event.provider for event in events],
        "event_ids": [event.event_id for event in events],
        "codes": [event.code for event in events],
        "classes": [event.classification for event in events],
        "evidences": [event.evidence for event in events],
        "details": [json.dumps(event.details) for event in events],
        "ats": [event.at for event in events],
    }
    return {(row.provider, row.event_id) for row in session.execute(_STORE, values)}
