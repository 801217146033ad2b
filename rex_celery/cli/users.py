"""`rex users`: the people who sign in with an e-mail address and a password."""

import secrets
from typing import Annotated

import typer

from rex_celery.cli.options import AsJson, TenantSlug

app = typer.Typer(help="People who sign in to the Command Center.", no_args_is_help=True)


@app.command("add")
def add(
    email: Annotated[str, typer.Argument(help="The address they sign in with.")],
    role: Annotated[str, typer.Option(help="viewer, operator or admin.")] = "operator",
    tenant: TenantSlug = "",
    *,
    generate: Annotated[bool, typer.Option("--generate", help="Make a password and show it.")] = False,
) -> None:
    """Let a person sign in; asks for a password unless it is to be generated."""
    from rex_celery import db
    from rex_celery.cli import connection, roles
    from rex_celery.tenancy import accounts

    wanted = roles.parse(role)
    password = (
        secrets.token_urlsafe(12) if generate else typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    with connection.database(), db.transaction(connection.tenant(tenant)) as session:
        accounts.add_user(session, email=email, password=password, role=wanted, actor=connection.ACTOR)
    if generate:
        typer.echo(password)
        typer.echo("This password is shown this once.", err=True)
    typer.echo(f"{email} can sign in.", err=True)


@app.command("list")
def list_all(tenant: TenantSlug = "", *, json: AsJson = False) -> None:
    """Show all people of a tenant."""
    from rex_celery import db
    from rex_celery.cli import connection, screen
    from rex_celery.tenancy import accounts

    with connection.database(), db.transaction(connection.tenant(tenant)) as session:
        found = accounts.list_users(session)
    if json:
        screen.print_json(found)
        return
    rows = [(user.email, user.role, user.created_at, user.disabled_at, user.id) for user in found]
    screen.out().print(screen.table(("email", "role", "since", "disabled", "id"), rows))
