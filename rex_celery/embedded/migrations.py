"""Bringing the database's tables to what this version of REX needs."""

from pathlib import Path

from alembic.config import Config
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from alembic import command
from rex_celery.config import CHECKOUT
from rex_celery.embedded.home import disk_full
from rex_celery.embedded.services import Services, grant_roles
from rex_celery.errors import UnavailableError


def migrate(services: Services) -> None:
    """Run the migrations that are missing, then let the application's login take the roles they made.

    Raises:
        RefusedError: the disk is full.
        UnavailableError: the database does not answer, or not to this login.

    """
    config = Config(CHECKOUT / "alembic.ini")
    config.attributes["url"] = services.database_url
    try:
        command.upgrade(config, "head")
        grant_roles(services)
    except OperationalError as error:
        if "No space left" in str(error.orig):
            raise disk_full(Path(services.home.path), 0) from error
        raise UnavailableError(
            f"The database at {make_url(services.database_url).render_as_string()} refused: {error.orig}",
            code="database_unavailable",
            action="Check DATABASE_URL, and that the server runs and lets this login in.",
        ) from error
