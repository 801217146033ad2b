"""Is REX ready: the questions that a load balancer, `rex up` and `rex doctor` ask, each with its answer in words."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import redis.exceptions
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from rex_celery import crews, db
from rex_celery.config import CHECKOUT
from rex_celery.errors import UnavailableError
from rex_celery.monitoring import beat, workers
from rex_celery.redis import client

# Two turns of the slowest job of the timetable: a beat that was late once is not a dead one.
OLDEST_TICK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Check:
    """One question about this installation and what was found."""

    name: str
    ok: bool
    detail: str


_VERSION = text("SELECT version_num FROM alembic_version")


def readiness() -> list[Check]:
    """Whether everything is there that a mission needs, one answer each; asks Postgres and Redis now."""
    return [
        _ask("postgres", postgres),
        _ask("redis", redis_answers),
        _ask("migrations", migrations),
        _ask("beat", timetable),
        *_workers(),
    ]


def postgres() -> tuple[bool, str]:
    """Whether Postgres answers."""
    with db.control() as session:
        version = session.execute(text("SHOW server_version")).scalar_one()
    return True, f"PostgreSQL {version} answers"


def redis_answers() -> tuple[bool, str]:
    """Whether Redis answers."""
    client().ping()
    return True, "Redis answers"


def migrations() -> tuple[bool, str]:
    """Whether the tables are what this version of REX needs."""
    with db.control() as session:
        found = set(session.execute(_VERSION).scalars())
    wanted = newest_migrations()
    if found == wanted:
        return True, f"at {', '.join(sorted(found))}"
    return False, f"at {', '.join(sorted(found)) or 'nothing'}, and this REX needs {', '.join(sorted(wanted))}"


def timetable() -> tuple[bool, str]:
    """Whether beat ticks and control follows."""
    seconds = beat.last_tick_seconds()
    if seconds is None:
        return False, "the timetable never ran"
    return seconds <= OLDEST_TICK_SECONDS, f"last tick {seconds:.1f} s ago"


@cache
def newest_migrations() -> frozenset[str]:
    """The revision that the code needs, as it stands in the folder of migrations."""
    return frozenset(ScriptDirectory.from_config(Config(CHECKOUT / "alembic.ini")).get_heads())


def _workers() -> list[Check]:
    try:
        found = workers.living()
    except redis.exceptions.RedisError:
        found = {}
    return [
        Check(f"workers {queue}", found.get(queue, 0) > 0, f"{found.get(queue, 0) or 'no'} worker(s)")
        for queue in crews.QUEUES
    ]


def _ask(name: str, question: Callable[[], tuple[bool, str]]) -> Check:
    try:
        return Check(name, *question())
    except UnavailableError as error:
        return Check(name, ok=False, detail=error.detail)
    except redis.exceptions.RedisError as error:
        return Check(name, ok=False, detail=f"Redis does not answer: {type(error).__name__}")
    except SQLAlchemyError as error:
        return Check(name, ok=False, detail=f"Postgres refuses: {str(error.__cause__ or error).splitlines()[0]}")
