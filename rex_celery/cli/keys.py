"""`rex keys`: API keys, made once, shown once."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from rex_celery.cli.options import AsJson, KeyId, TenantSlug

if TYPE_CHECKING:
    from rex_celery.tenancy.keys import KeyView

app = typer.Typer(help="API keys for programs.", no_args_is_help=True)


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What it is for, so that you know it again.")],
    role: Annotated[str, typer.Option(help="viewer, operator or admin.")] = "operator",
    days: Annotated[int, typer.Option(min=0, help="How many days it is good for; 0 is for ever.")] = 0,
    tenant: TenantSlug = "",
) -> None:
    """Make a key and show it this once."""
    from rex_celery import clock, db
    from rex_celery.cli import connection, roles
    from rex_celery.tenancy import keys

    wanted = roles.parse(role)
    ends = clock.now() + timedelta(days=days) if days else None
    with connection.database(), db.transaction(connection.tenant(tenant)) as session:
        key = keys.create(session, name=name, role=wanted, actor=connection.ACTOR, expires_at=ends)
    typer.echo(key.plaintext)
    typer.echo("This key is shown this once; keep it where only you can read it.", err=True)


@app.command("list")
def list_all(tenant: TenantSlug = "", *, json: AsJson = False) -> None:
    """Show all keys of a tenant; of the keys themselves only their prefix is known."""
    from rex_celery import db
    from rex_celery.cli import connection, screen
    from rex_celery.tenancy import keys

    with connection.database(), db.transaction(connection.tenant(tenant)) as session:
        found = keys.list_all(session)
    if json:
        screen.print_json(found)
        return
    columns = ("id", "name", "key", "role", "created", "last used", "ends", "revoked")
    screen.out().print(screen.table(columns, map(_row, found)))


@app.command("revoke")
def revoke(key: KeyId, tenant: TenantSlug = "") -> None:
    """Make a key useless at once, also for connections that are open."""
    from rex_celery import db
    from rex_celery.cli import connection, ids
    from rex_celery.tenancy import keys

    with connection.database(), db.transaction(connection.tenant(tenant)) as session:
        known = (one.id for one in keys.list_all(session))
        whole = ids.find(key, known, what="API key", listed_by="rex keys list")
        keys.revoke(session, whole, actor=connection.ACTOR)
    typer.echo("Revoked.")


def _row(key: "KeyView") -> tuple[object, ...]:
    moments = (key.created_at, key.last_used_at, key.expires_at, key.revoked_at)
    return (key.id, key.name, f"rex_{key.prefix}_…", key.role, *moments)
