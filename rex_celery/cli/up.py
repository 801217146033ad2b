"""`rex up`: run REX on this machine until Ctrl-C."""

import typer


def up() -> None:
    """Run REX here: Postgres, Redis, web, sockets, beat, Flower and a worker for each crew."""
    from rex_celery import config
    from rex_celery.cli import first_tenant
    from rex_celery.embedded import up as running

    raise typer.Exit(running.run(config.settings(), first_tenant.welcome))
