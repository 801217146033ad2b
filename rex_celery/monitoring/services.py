"""What `rex doctor` asks of the servers: Postgres and its roles, Redis and its settings, the mail server."""

import socket
from collections.abc import Iterator

import redis.exceptions
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from rex_celery import db
from rex_celery.config import Settings
from rex_celery.errors import UnavailableError
from rex_celery.monitoring import checks
from rex_celery.monitoring.machine import Finding
from rex_celery.redis import client

_ACTIONS = {
    "postgres": "Start it with `rex up`, or correct DATABASE_URL.",
    "redis": "Start it with `rex up`, or correct REDIS_URL.",
    "migrations": "Bring the tables up to date: rex migrate",
    "beat": "Start REX with `rex up`, or the process `beat` of the Procfile; its log says why it stopped.",
}
_WORKER_ACTION = "Start REX with `rex up`, or this crew's worker of the Procfile; its log says why it stopped."
# The role that serves requests must not be able to look past row-level security, nor own the tables it guards.
_ROLE = text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = :role")
_UNFORCED = text(
    "SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid"
    " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attname = 'tenant_id'"
    " AND NOT a.attisdropped AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1"
)


def look(settings: Settings) -> Iterator[Finding]:
    """Look at everything that REX stands on, as it answers now."""
    for check in checks.readiness():
        yield Finding(check.name, check.ok, check.detail, _ACTIONS.get(check.name, _WORKER_ACTION))
    yield isolation()
    yield from redis_settings()
    if settings.smtp_host:
        yield mail_server(settings)


def isolation() -> Finding:
    """Whether the database itself keeps tenants apart."""
    action = "Run `rex migrate` as the database's owner; see docs about tenants."
    try:
        with db.control() as session:
            role = session.execute(_ROLE, {"role": db.APP_ROLE}).first()
            open_tables = session.execute(_UNFORCED).scalars().all()
    except (UnavailableError, SQLAlchemyError) as error:
        return Finding("tenants kept apart", ok=False, detail=f"not seen: {type(error).__name__}", action=action)
    if role is None or role.rolsuper or role.rolbypassrls:
        detail = f"the role {db.APP_ROLE} {'is missing' if role is None else 'can look past row-level security'}"
        return Finding("tenants kept apart", ok=False, detail=detail, action=action)
    detail = f"not guarded: {', '.join(open_tables)}" if open_tables else f"{db.APP_ROLE} sees one tenant at a time"
    return Finding("tenants kept apart", not open_tables, detail, action)


def redis_settings() -> Iterator[Finding]:
    """Whether Redis keeps what it is given: never evicts, and writes to disk."""
    wanted = {"maxmemory-policy": "noeviction", "appendonly": "yes"}
    for name, value in wanted.items():
        try:
            found = str(client().config_get(name).get(name, "unknown"))
        except redis.exceptions.RedisError as error:
            yield Finding(
                f"redis {name}", ok=False, detail=f"not seen: {type(error).__name__}", action=_ACTIONS["redis"]
            )
            continue
        yield Finding(f"redis {name}", found == value, found, f"In redis.conf: {name} {value}")


def mail_server(settings: Settings) -> Finding:
    """Whether the mail server can be reached from here; says nothing about its password."""
    place = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        with socket.create_connection((settings.smtp_host, settings.smtp_port), timeout=5):
            return Finding("mail server", ok=True, detail=f"{place} answers")
    except OSError as error:
        action = "Correct REX_SMTP_HOST and REX_SMTP_PORT, or open the firewall for them."
        return Finding("mail server", ok=False, detail=f"{place}: {error}", action=action)
