"""How migrations reach the database: as its owner, one at a time, never waiting long for a lock."""

from sqlalchemy import create_engine, pool, text

from alembic import context
from rex_celery import config, models

# Any number that no other program on the same database uses; it serialises concurrent migrations.
MIGRATION_LOCK = 7_391_027


def run() -> None:
    """Bring the database to the asked-for revision."""
    url = context.config.attributes.get("url") or config.settings().database_url
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '10s'"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()
        context.configure(connection=connection, target_metadata=models.Base.metadata, compare_server_default=True)
        with context.begin_transaction():
            context.run_migrations()


run()
