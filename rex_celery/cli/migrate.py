"""`rex migrate`: bring the database's tables up to date."""

import typer


def migrate() -> None:
    """Bring the database's tables to what this version of REX needs, and grant its login its roles."""
    from rex_celery import config
    from rex_celery.embedded import migrations, services

    settings = config.settings()
    with services.using(settings.home, services.given(settings)) as known:
        migrations.migrate(known)
    typer.echo("The tables are up to date.")
