"""Missions that follow a sequence, for tests: ordered, carried to where they collect, and looked at."""

from collections import Counter
from uuid import UUID

from sqlalchemy import text

from rex_celery import db
from rex_celery.missions import launch
from rex_celery.models import Inbox
from tests.factories import a_connection, a_sequence, an_inbox
from tests.missions.conftest import an_order, submitted

# A sending policy that holds nothing up: every hour of every day, as many as there are.
WIDE_OPEN = {
    "hours": {"start": "00:00", "end": "23:59", "days": [1, 2, 3, 4, 5, 6, 7]},
    "holidays": False,
    "caps": {"inbox_per_day": None, "inbox_per_hour": None, "gap_seconds": 0, "jitter_seconds": 0},
}


def a_real_inbox(tenant: UUID, channel: str = "email", provider: str = "sendgrid") -> Inbox:
    """An inbox whose messages leave this machine."""
    with db.transaction(tenant) as session:
        connection = a_connection(session, tenant, provider=provider)
        return an_inbox(session, tenant, channel=channel, provider=provider, connection_id=connection.id)


def following(tenant: UUID, *steps: dict[str, object], leads: int = 4, **fields: object) -> UUID:
    """A mission that follows a sequence of these steps, of two e-mails when none are given."""
    with db.transaction(tenant) as session:
        name = a_sequence(session, tenant, *steps).name
    return submitted(tenant, leads=leads, sequence=name, **fields)


def twice(tenant: UUID, leads: int = 4) -> tuple[UUID, UUID]:
    """Two missions over the same list."""
    with db.transaction(tenant) as session:
        name = a_sequence(session, tenant).name
    first = submitted(tenant, leads=leads, sequence=name)
    imported = text("SELECT (params->>'import_id')::uuid FROM missions WHERE id = :id")
    with db.transaction(tenant) as session:
        chosen = session.execute(imported, {"id": first}).scalar_one()
        order = an_order(import_id=chosen, sequence=name)
        return first, launch.submit(session, tenant, [order], actor="a test")[0]


def enrolments(tenant: UUID, mission: UUID) -> Counter[tuple[str, str | None]]:
    """How many enrolments stand where, with their reason."""
    with db.transaction(tenant) as session:
        rows = session.execute(text("SELECT state, reason FROM enrolments WHERE mission_id = :id"), {"id": mission})
        return Counter((row.state, row.reason) for row in rows)


def messages(tenant: UUID, mission: UUID) -> Counter[tuple[str, str, str | None]]:
    """How many messages of each step stand where, with the reason of their state or of their waiting."""
    asked = text("SELECT step_key, state, coalesce(reason, wait_reason) AS why FROM messages WHERE mission_id = :id")
    with db.transaction(tenant) as session:
        return Counter((row.step_key, row.state, row.why) for row in session.execute(asked, {"id": mission}))


def change(tenant: UUID, statement: str, **values: object) -> None:
    """Change rows as the core would."""
    with db.transaction(tenant) as session:
        session.execute(text(statement), values)


def messages_add_up(tenant: UUID, mission: UUID) -> bool:
    """That the counters of the enrolments are those of their messages."""
    kept = "SELECT coalesce(sum(planned), 0) FROM enrolments WHERE mission_id = :id"
    with db.transaction(tenant) as session:
        planned = session.execute(text(kept), {"id": mission}).scalar_one()
        rows = session.execute(
            text("""
            SELECT e.id FROM enrolments AS e LEFT JOIN messages AS m ON m.enrolment_id = e.id
            WHERE e.mission_id = :id GROUP BY e.id HAVING e.planned <> count(m.id)
              OR e.pending <> count(*) FILTER (WHERE message_counts_as(m.state) = 'pending')
              OR e.skipped <> count(*) FILTER (WHERE message_counts_as(m.state) = 'skipped')
              OR e.sent <> count(*) FILTER (WHERE message_counts_as(m.state) = 'sent')"""),
            {"id": mission},
        ).all()
    return not rows and planned > 0
