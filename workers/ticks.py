"""One tick a slot: whoever writes the row first does the job, so a second beat is harmless."""

from sqlalchemy import text

from rex_celery import db

_FIRST = text("""
INSERT INTO ticks (job, slot) VALUES (:job, floor(extract(epoch FROM clock_timestamp()) / :period))
ON CONFLICT DO NOTHING RETURNING 1
""")


def first(job: str, period: int) -> bool:
    """Whether this call is the first for ``job`` in the present slot of ``period`` seconds, by the database's clock."""
    with db.control() as session:
        return session.execute(_FIRST, {"job": job, "period": period}).scalar() is not None
