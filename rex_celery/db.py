"""The database: one engine a process, and the only two ways to open a transaction."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from time import sleep
from typing import TypeVar
from uuid import UUID

import structlog
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from rex_celery import arrays, config
from rex_celery.errors import UnavailableError

log = structlog.get_logger()

Made = TypeVar("Made")

APP_ROLE = "rex_app"
CONTROL_ROLE = "rex_control"

# Seconds: a deadlock is over at once, a server that was restarted is back within half a minute.
SHORT_PAUSES = (0.05, 0.2, 1.0)
PAUSES = (*SHORT_PAUSES, 4.0, 8.0, 20.0)
_BROKEN_OFF = frozenset({"40001", "40P01"})  # serialization failure, deadlock

_ENTER = text("SELECT set_config('role', :role, true), set_config('rex.tenant', :tenant, true)")


@cache
def engine() -> Engine:
    """The connection pool of this process."""
    settings = config.settings()
    made = create_engine(
        settings.app_database_url,
        pool_size=settings.database_pool,
        max_overflow=0,
        pool_timeout=10,
        hide_parameters=True,  # an error in the log must not show whose address it was about
        connect_args={"connect_timeout": 5, "prepare_threshold": 3, "client_encoding": "utf8"},
    )
    event.listen(made, "connect", lambda connection, _: arrays.register(connection))
    return made


@contextmanager
def transaction(tenant_id: UUID) -> Iterator[Session]:
    """One transaction that sees and touches this tenant's rows only; commits at the end, rolls back on any error.

    Raises:
        UnavailableError: Postgres does not answer; nothing was written.

    """
    yield from _run(APP_ROLE, str(tenant_id))


@contextmanager
def control() -> Iterator[Session]:
    """One transaction of the engine itself: scheduling tables and sign-in look-ups of all tenants, never their leads.

    Raises:
        UnavailableError: Postgres does not answer; nothing was written.

    """
    yield from _run(CONTROL_ROLE, "")


def again(work: Callable[[], Made], pauses: Sequence[float] = PAUSES) -> Made:
    """Do what may not be lost, and do it again when Postgres broke its transaction off or was restarted.

    ``work`` is one transaction and does nothing outside it; ``pauses`` are the seconds before each new try. Its last
    error is let through.
    """
    for pause in pauses:
        try:
            return work()
        except (OperationalError, UnavailableError) as error:
            if not isinstance(error, UnavailableError) and _state_of(error) not in _BROKEN_OFF:
                raise
            log.warning("transaction_broken_off", error=type(error).__name__)
            sleep(pause)
    return work()


def before_commit(session: Session, step: Callable[[Session], None]) -> None:
    """Have ``step`` run once, as the last statements of this transaction."""
    session.info.setdefault("before_commit", []).append(step)


def after_commit(session: Session, step: Callable[[], None]) -> None:
    """Have ``step`` run once this transaction is committed, and not at all when it is rolled back."""
    session.info.setdefault("after_commit", []).append(step)


def _run(role: str, tenant: str) -> Iterator[Session]:
    session = Session(engine(), expire_on_commit=False)
    try:
        _begin(session, {"role": role, "tenant": tenant})
        yield session
        session.flush()
        for step in session.info.pop("before_commit", []):
            step(session)
        session.commit()
    except PoolTimeoutError as error:
        raise UnavailableError(
            "All connections to Postgres are in use, so nothing was stored.",
            code="database_busy",
            action="Try again in a moment; raise REX_DATABASE_POOL if it happens often.",
        ) from error
    except OperationalError as error:
        session.rollback()
        raise _translated(error) from error
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()
    for after in session.info.pop("after_commit", []):
        after()


def _begin(session: Session, values: dict[str, str]) -> None:
    """The first statement finds a connection that a restarted Postgres has cut, and is said again on a new one.

    That costs nothing, unlike asking each time before a connection is used.
    """
    try:
        session.execute(_ENTER, values)
    except OperationalError as error:
        if not error.connection_invalidated:
            raise
        session.rollback()
        session.execute(_ENTER, values)


def _state_of(error: OperationalError) -> str:
    return str(getattr(error.orig, "sqlstate", ""))


def _translated(error: OperationalError) -> Exception:
    """A lost server is the operator's turn; any other operational error keeps its own face."""
    if error.connection_invalidated or "connection" in str(error.orig).lower():
        return UnavailableError(
            "Postgres does not answer, so nothing was stored.",
            code="database_unavailable",
            action="Start Postgres, or check DATABASE_URL; `rex doctor` shows which.",
        )
    return error
