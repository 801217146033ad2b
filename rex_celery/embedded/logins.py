"""The two logins of the database: its owner, and the application's, which owns nothing."""

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from rex_celery.embedded.home import State

LOGIN = "rex_login"
# One number for "roles are being granted", so that several at once wait for each other.
_ROLES_LOCK = 7_397_001


def create(state: State) -> None:
    """Make the database and the application's login in a cluster of ours, each unless it is there."""
    with _owner(state.database_url) as connection:
        exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [LOGIN]).fetchone()
        verb = "ALTER" if exists else "CREATE"
        password = sql.Literal(state.login_password)
        connection.execute(sql.SQL(f"{verb} ROLE {LOGIN} LOGIN NOINHERIT PASSWORD {{}}").format(password))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'rex'").fetchone():
            connection.execute("CREATE DATABASE rex")


def grant(owner_url: str, app_url: str) -> None:
    """Let the application's login take the roles that the migrations made; nothing to do where it is the owner."""
    login = make_url(app_url).username
    if not login or login == make_url(owner_url).username:
        return
    statement = sql.SQL("GRANT rex_app, rex_control TO {} WITH INHERIT FALSE, SET TRUE").format(sql.Identifier(login))
    with _owner(owner_url) as connection, connection.transaction():
        # Roles belong to the whole cluster, and two grants at once would collide.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_ROLES_LOCK])
        connection.execute(statement)


def _owner(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """Where what belongs to the whole cluster is settled: its ``postgres`` database."""
    plain = make_url(url).set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)
