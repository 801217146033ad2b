"""How a command reaches REX: over HTTP with the key kept on this machine, or the database directly."""

import logging
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import UUID

import structlog
from sqlalchemy.exc import ProgrammingError

from rex_celery import config, db
from rex_celery.embedded import record, services
from rex_celery.embedded.home import Home, load_state
from rex_celery.errors import RefusedError
from rex_celery.integrations.rex_api import RexApi
from rex_celery.tenancy import accounts

# How the audit log names what was done with this command.
ACTOR = "cli"


def api() -> RexApi:
    """The running REX: the one REX_URL names, else the one that runs here, with REX_API_KEY or the key kept here.

    Raises:
        RefusedError: there is no key.

    """
    settings = config.settings()
    return RexApi(address(settings), settings.api_key.get_secret_value() or _kept_key(Home(settings.home)))


def address(settings: config.Settings) -> str:
    """Where the REX is that this command speaks to."""
    running = record.read(Home(settings.home))
    host, port = (running.host, running.port) if running and running.port else (settings.host, settings.port)
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104  spoken to, not listened on
    return (settings.url or f"http://{host}:{port}").rstrip("/")


@contextmanager
def database() -> Iterator[None]:
    """Have the database for the block; a server of ours that does not run is started and stopped again.

    Raises:
        RefusedError: there is no database yet, or it has no tables.

    """
    log_to_stderr()
    with ExitStack() as stack:
        settings = config.settings()
        if not settings.app_database_url:
            _require_installation(settings)
            services.use(stack.enter_context(services.using(settings.home, services.given(settings))))
        try:
            yield
        except ProgrammingError as error:
            raise RefusedError(
                f"The database is not as REX needs it: {str(error.orig).splitlines()[0]}.",
                code="not_migrated",
                action="Bring its tables up to date with `rex migrate`.",
            ) from error
        finally:
            db.engine().dispose()


def tenant(slug: str) -> UUID:
    """The tenant that a command is about; needs ``database()``.

    Raises:
        RefusedError: there is no such tenant, or none was named and there are several.

    """
    with db.control() as session:
        return accounts.find_tenant(session, slug).id


def log_to_stderr() -> None:
    """Keep what the code logs out of what the command says, which programs may read."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _require_installation(settings: config.Settings) -> None:
    if load_state(settings.home) is None:
        raise RefusedError(
            f"There is no REX in {settings.home} yet.",
            code="no_installation",
            action="Start it once with `rex up`, or name its database in DATABASE_URL.",
        )


def _kept_key(home: Home) -> str:
    try:
        return home.api_key_file.read_text("utf-8").strip()
    except OSError as error:
        raise RefusedError(
            f"There is no API key: REX_API_KEY is not set, and {home.api_key_file} cannot be read.",
            code="no_api_key",
            action="Start REX with `rex up`, which makes one, or set REX_API_KEY.",
        ) from error
