"""Gives a tenant the sequences that come with REX, when it first looks for them; from then on they are its own."""

import json
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.outreach import shipped_forms

BY_REX = "rex"

_KNOWN = text("SELECT count(*) FROM sequences WHERE shipped_key = ANY(CAST(:keys AS text[]))")
# Of two at once the second waits for the first and then finds nothing left to do. The tenant may have used a name.
_INSERT = text("""
WITH forms AS (
  SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:names AS text[]), CAST(:descriptions AS text[]),
                       CAST(:steps AS jsonb[])) AS f(key, name, description, steps)
), new AS (
  INSERT INTO sequences (id, tenant_id, name, description, shipped_key, created_by)
  SELECT gen_random_uuid(), :tenant,
    f.name || CASE WHEN EXISTS (SELECT FROM sequences WHERE name = f.name) THEN ' (' || f.key || ')' ELSE '' END,
    f.description, f.key, :actor
  FROM forms AS f WHERE NOT EXISTS (SELECT FROM sequences WHERE shipped_key = f.key) ORDER BY f.key
  ON CONFLICT DO NOTHING RETURNING id, shipped_key
)
INSERT INTO sequence_versions (sequence_id, version, tenant_id, steps, created_by)
SELECT new.id, 1, :tenant, f.steps, :actor FROM new JOIN forms AS f ON f.key = new.shipped_key
""")


def ensure_shipped(session: Session, tenant_id: UUID) -> None:
    """See that the tenant has the shipped sequences; doing it again, or two at once, makes nothing twice."""
    keys = list(shipped_forms.KEYS)
    if session.execute(_KNOWN, {"keys": keys}).scalar_one() == len(keys):
        return
    forms = shipped_forms.forms()
    values = {
        "tenant": tenant_id,
        "actor": BY_REX,
        "keys": keys,
        "names": [form.name for form in forms],
        "descriptions": [form.description for form in forms],
        "steps": [json.dumps(form.steps) for form in forms],
    }
    session.execute(_INSERT, values)
