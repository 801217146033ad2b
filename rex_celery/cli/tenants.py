"""`rex tenants`: the customers of this installation."""

from typing import Annotated

import typer

from rex_celery.cli.options import AsJson

app = typer.Typer(help="The customers of this installation; none sees anything of another.", no_args_is_help=True)


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    slug: Annotated[str, typer.Option(help="A short name for --tenant; made from the name unless given.")] = "",
) -> None:
    """Make a tenant."""
    from rex_celery import db
    from rex_celery.cli import connection
    from rex_celery.tenancy import accounts

    with connection.database(), db.control() as session:
        tenant_id = accounts.create_tenant(session, name, slug)
        made = next(tenant for tenant in accounts.list_tenants(session) if tenant.id == tenant_id)
    typer.echo(f"Made {made.name} ({made.slug}). Give it a key: rex keys create NAME --tenant {made.slug}")


@app.command("list")
def list_all(*, json: AsJson = False) -> None:
    """Show all tenants."""
    from rex_celery import db
    from rex_celery.cli import connection, screen
    from rex_celery.tenancy import accounts

    with connection.database(), db.control() as session:
        found = accounts.list_tenants(session)
    if json:
        screen.print_json(found)
        return
    rows = [(tenant.slug, tenant.name, tenant.created_at, tenant.id) for tenant in found]
    screen.out().print(screen.table(("tenant", "name", "since", "id"), rows))
