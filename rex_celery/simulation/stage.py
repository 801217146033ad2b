"""The throw-away tenant of a simulation: copies of what it needs, under ids of its own, and gone afterwards."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4, uuid5

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import db
from rex_celery.outreach import recipients
from rex_celery.outreach.senders import BUILT_IN
from rex_celery.simulation.asked import Asked

# A run that was killed leaves its tenant behind; the purge takes it away.
ABANDONED_HOURS = 2
# Rows copied in one statement.
STRIDE = 5000

_MAKE = text("""
INSERT INTO tenants (id, name, slug, simulated_at) VALUES (:id, 'Simulation', :slug, now())
""")
_DROP = text("DELETE FROM tenants WHERE id = :id AND simulated_at IS NOT NULL RETURNING 1")
_DROP_RUNS = text("DELETE FROM agent_runs WHERE tenant_id = :id")
_ABANDONED = text("""
SELECT id FROM tenants WHERE simulated_at < now() - make_interval(hours => :hours)
""")
_OWN = text("""
SELECT sender_name, sender_email, postal_address, offer, policy FROM tenants WHERE id = :id
""")
_SETTLE_IN = text("""
UPDATE tenants SET sender_name = :name, sender_email = :email, postal_address = :address, offer = :offer,
  policy = CAST(:policy AS jsonb) WHERE id = :id
""")
# What a campaign is made of, in an order in which no row comes before what it names; the leads come by themselves.
_COPIED = {
    "sequences": "SELECT to_jsonb(t) FROM sequences AS t",
    "sequence_versions": "SELECT to_jsonb(t) FROM sequence_versions AS t",
    "snippets": "SELECT to_jsonb(t) FROM snippets AS t",
    "inboxes": "SELECT to_jsonb(t) - 'connection_id' - 'next_free_at' FROM inboxes AS t WHERE state = 'active'",
}
_LEADS = """
SELECT to_jsonb(t) FROM leads AS t JOIN import_members AS i ON i.lead_id = t.id AND i.import_id = :list
WHERE t.id > :after ORDER BY t.id LIMIT :most
"""
_OF_LEADS = {
    "consents": "SELECT to_jsonb(t) FROM consents AS t WHERE lead_id = ANY(CAST(:leads AS uuid[]))",
    "suppressions": "SELECT to_jsonb(t) FROM suppressions AS t WHERE lead_id IS NULL"
    " OR lead_id = ANY(CAST(:leads AS uuid[]))",
}
_NOW = {"created_at": "now", "updated_at": "now"}
_NAMES_A_ROW = frozenset({"id", "lead_id", "sequence_id"})


@contextmanager
def tenant(source: UUID, asked: Asked) -> Iterator[UUID]:
    """A tenant with a copy of what the campaign needs, for the block."""
    made = uuid4()
    with db.control() as session:
        session.execute(_MAKE, {"id": made, "slug": f"simulation-{made.hex}"})
    try:
        _settle_in(source, made, asked)
        yield made
    finally:
        drop(made)


def drop(tenant_id: UUID) -> None:
    """Take a simulation's tenant away with all it holds."""
    with db.control() as session:
        if session.execute(_DROP, {"id": tenant_id}).scalar():
            session.execute(_DROP_RUNS, {"id": tenant_id})


def drop_abandoned() -> int:
    """Take away the tenants of simulations that were killed; returns how many there were."""
    with db.control() as session:
        left = session.scalars(_ABANDONED, {"hours": ABANDONED_HOURS}).all()
    for tenant_id in left:
        drop(tenant_id)
    return len(left)


def _settle_in(source: UUID, made: UUID, asked: Asked) -> None:
    with db.transaction(source) as session:
        own = session.execute(_OWN, {"id": source}).one()
        copies = {table: session.scalars(text(query)).all() for table, query in _COPIED.items()}
    policy = own.policy if asked.policy is None else asked.policy
    known = {"name": own.sender_name or "Alex Morgan", "email": own.sender_email or "alex@example.com"}
    known |= {"address": own.postal_address or "1 Example Street, Springfield", "offer": own.offer or "a short call"}
    if asked.inboxes:
        copies["inboxes"] = [_supposed(one) for one in asked.inboxes]
    connections = {one["provider"]: str(uuid4()) for one in copies["inboxes"] if one["provider"] not in BUILT_IN}
    for one in copies["inboxes"]:
        if one["provider"] in connections:
            one["connection_id"] = str(uuid5(made, connections[one["provider"]]))
    accounts = [{"id": id_, "provider": name, "name": name, "state": "active"} for name, id_ in connections.items()]
    with db.transaction(made) as session:
        session.execute(_SETTLE_IN, {**known, "policy": json.dumps(policy), "id": made})
        store(session, made, "connections", [one | _NOW | {"settings": {}} for one in accounts])
        for table, rows in copies.items():
            store(session, made, table, rows)
    if asked.import_id:
        _copy_leads(source, made, asked.import_id)


def _supposed(inbox: Mapping[str, Any]) -> dict[str, Any]:
    """An inbox that is only supposed to exist, with every column that must have a value."""
    known = {"name": "", "aliases": [], "state": "active", "created_at": "now", "channel": "email"}
    domain = inbox.get("domain") or recipients.registrable(inbox["address"].rpartition("@")[2])
    return {**known, **inbox, "domain": domain, "id": str(uuid4())}


def _copy_leads(source: UUID, made: UUID, import_id: UUID) -> None:
    after = UUID(int=0)
    while True:
        with db.transaction(source) as session:
            rows = session.scalars(text(_LEADS), {"list": import_id, "after": after, "most": STRIDE}).all()
            ids = {"leads": [UUID(row["id"]) for row in rows]}
            others = {table: session.scalars(text(query), ids).all() for table, query in _OF_LEADS.items()}
        with db.transaction(made) as session:
            store(session, made, "leads", rows)
            for table, found in others.items():
                store(session, made, table, found)
        if len(rows) < STRIDE:
            return
        after = UUID(rows[-1]["id"])


def store(session: Session, tenant_id: UUID, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write copies of rows for this tenant; whatever named a row of the original names its copy."""
    if not rows:
        return
    columns = sorted(rows[0].keys() | {"tenant_id"})
    copied = json.dumps([_renamed(tenant_id, row) for row in rows])
    names = ", ".join(f'"{column}"' for column in columns)
    rows_of = f"jsonb_populate_recordset(NULL::{table}, CAST(:rows AS jsonb))"
    query = f"INSERT INTO {table} ({names}) SELECT {names} FROM {rows_of} ON CONFLICT DO NOTHING"
    session.execute(text(query), {"rows": copied})


def _renamed(tenant_id: UUID, row: Mapping[str, Any]) -> dict[str, Any]:
    renamed = {name: str(uuid5(tenant_id, row[name])) for name in _NAMES_A_ROW if isinstance(row.get(name), str)}
    return {**row, **renamed, "tenant_id": str(tenant_id)}
