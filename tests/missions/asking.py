"""Short questions to the database about one mission."""

from collections import Counter
from uuid import UUID

from sqlalchemy import text

from rex_celery import db


def one(tenant: UUID, statement: str, **values: object) -> object:
    with db.transaction(tenant) as session:
        return session.execute(text(statement), values).scalar()


def state_of(tenant: UUID, mission: UUID) -> str:
    return str(one(tenant, "SELECT state FROM missions WHERE id = :id", id=mission))


def leads_of(tenant: UUID, mission: UUID) -> Counter[tuple[str, str | None]]:
    """How many leads stand in each state, with its reason."""
    with db.transaction(tenant) as session:
        rows = session.execute(text("SELECT state, reason FROM outcomes WHERE mission_id = :id"), {"id": mission})
        return Counter((row.state, row.reason) for row in rows)


def chunks_of(tenant: UUID, mission: UUID, step: str) -> Counter[str]:
    statement = (
        "SELECT c.state FROM chunks c JOIN steps s ON s.id = c.step_id WHERE s.mission_id = :id AND s.key = :key"
    )
    with db.transaction(tenant) as session:
        return Counter(session.scalars(text(statement), {"id": mission, "key": step}))


def delivered(tenant: UUID) -> Counter[UUID]:
    """How often the outbox took each message."""
    with db.transaction(tenant) as session:
        return Counter(session.scalars(text("SELECT message_id FROM outbox")))


def adds_up(tenant: UUID, mission: UUID) -> bool:
    """That the kept counters are those of the rows, and that they add up in every event that was told."""
    with db.transaction(tenant) as session:
        kept = session.execute(text("SELECT * FROM mission_progress WHERE mission_id = :id"), {"id": mission}).one()
        rows = Counter(session.scalars(text("SELECT state FROM outcomes WHERE mission_id = :id"), {"id": mission}))
        told = session.scalars(
            text("SELECT payload->'counts' FROM events WHERE mission_id = :id AND payload->'counts' IS NOT NULL"),
            {"id": mission},
        ).all()
    names = ("sent", "suppressed", "skipped", "failed", "pending")
    assert {name: getattr(kept, name) for name in names} == {name: rows.get(name, 0) for name in names}
    assert kept.planned == sum(rows.values())
    assert told
    return all(counts["planned"] == sum(counts[name] for name in names) for counts in told)
