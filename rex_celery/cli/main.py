"""The rex command: its groups, and how it says that something went wrong."""

import sys
from typing import Annotated

import typer

from rex_celery.cli import (
    consents,
    demo,
    doctor,
    explain,
    keys,
    leads,
    migrate,
    missions,
    simulate,
    suppressions,
    tenants,
    up,
    users,
)
from rex_celery.errors import RefusedError

# What a group needs is imported when one of its commands runs, so that `rex --help` answers at once.
app = typer.Typer(
    name="rex",
    help="REX: outreach missions carried out by crews of agents on Celery.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("up")(up.up)
app.command("demo")(demo.demo)
app.add_typer(missions.app, name="missions")
app.add_typer(explain.app, name="explain")
app.add_typer(leads.app, name="leads")
app.add_typer(suppressions.app, name="suppressions")
app.add_typer(consents.app, name="consents")
app.command("simulate")(simulate.simulate)
app.command("doctor")(doctor.doctor)
app.add_typer(keys.app, name="keys")
app.add_typer(users.app, name="users")
app.add_typer(tenants.app, name="tenants")
app.command("migrate")(migrate.migrate)


@app.callback(invoke_without_command=True)
def _root(*, version: Annotated[bool, typer.Option("--version", help="Say which version this is.")] = False) -> None:
    if version:
        import rex_celery

        typer.echo(f"rex {rex_celery.__version__}")
        raise typer.Exit


def run() -> None:
    """Run one command; what went wrong is one line and what would help another, and the exit code is 1."""
    try:
        app()
    except RefusedError as error:
        from rex_celery.cli import screen

        screen.tell(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except ValueError as error:
        sys.exit(_tell_settings(error))


def _tell_settings(error: ValueError) -> int:
    """An environment variable with a value that REX cannot use; anything else is our own fault and goes on."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError) or error.title != "Settings":
        raise error
    for one in error.errors():
        typer.secho(f"✗ {'.'.join(map(str, one['loc']))}: {one['msg']} (it is {one['input']!r})", fg="red", err=True)
    typer.echo("→ Correct or remove this environment variable; .env.example explains each.", err=True)
    return 1


if __name__ == "__main__":
    run()
