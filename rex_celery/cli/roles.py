"""Reading a role from the command line."""

import typer

from rex_celery.tenancy.access import Role


def parse(word: str) -> Role:
    """The role that a person wrote.

    Raises:
        typer.BadParameter: there is no such role.

    """
    try:
        return Role(word.lower())
    except ValueError as error:
        raise typer.BadParameter(f"{word!r} is not one of {', '.join(Role)}.", param_hint="--role") from error
