"""The first tenant of an installation and the API key that this machine keeps for it."""

from uuid import UUID

from rex_celery import config, db
from rex_celery.cli.connection import ACTOR
from rex_celery.embedded.home import Home, write_private
from rex_celery.tenancy import accounts, keys
from rex_celery.tenancy.access import Role

NAME = "My company"


def welcome() -> tuple[str, ...]:
    """Make the first tenant, and a key for it, where there is none; the lines that a person must see this once."""
    home = Home(config.settings().home)
    tenant_id = _tenant()
    if home.api_key_file.exists():
        return ()
    with db.transaction(tenant_id) as session:
        key = keys.create(session, name="this machine", role=Role.ADMIN, actor=ACTOR)
        # Before the commit: a key that nobody kept would be of no use to anybody.
        write_private(home.api_key_file, key.plaintext + "\n")
    return (
        f"  [bold]Your API key: {key.plaintext}[/]",
        f"  It is shown this once; {home.api_key_file} keeps it, and only you can read that file.",
    )


def _tenant() -> UUID:
    with db.control() as session:
        known = accounts.list_tenants(session)
        return known[0].id if known else accounts.create_tenant(session, NAME)
