"""The processes of a whole REX, as data: `rex up`, the Procfile and docker-compose.yml all say the same."""

from dataclasses import dataclass, field
from enum import IntEnum

from rex_celery import crews
from rex_celery.crews import Crew

# SIGTERM then lets a worker finish its tasks for some seconds, instead of for ever.
_BOUNDED_STOP = {"REMAP_SIGTERM": "SIGQUIT"}


# Two seconds of a core for each process that imports them anew.
_WORKER = (
    *("workers.app", "workers.presence", "workers.control", "workers.dead_lead", "workers.campaign"),
    *("workers.special_forces", "celery.bin.celery", "celery.apps.worker", "celery.apps.beat"),
    *("celery.concurrency.prefork", "kombu.transport.redis"),
)
_WEB = ("web.wsgi", "gunicorn.app.wsgiapp", "gunicorn.workers.gthread")


class Turn(IntEnum):
    """When a process is stopped: first what lets work in, then the workers."""

    DOORS = 0
    WORKERS = 1


@dataclass(frozen=True, slots=True)
class Process:
    """One process: its name in the log, its command, and how it is started and stopped."""

    name: str
    command: tuple[str, ...]
    turn: Turn = Turn.DOORS
    # A fork of the nursery starts at once, as all it imports is there already; the others need a Python of their own.
    forked: bool = True
    imports: tuple[str, ...] = ()
    # Set before the command in the Procfile. All forked processes share theirs: libraries read it when imported.
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """The command as a shell or a Procfile takes it."""
        return " ".join([*(f"{name}={value}" for name, value in self.environment.items()), *self.command])


def worker(name: str, queue: str) -> Process:
    """A worker on one queue. Neighbours' gossip costs start-up time, and Postgres knows all that it would tell."""
    command = f"celery --quiet -A workers.app worker -Q {queue} -n {name}@%h --without-gossip --without-mingle"
    return Process(name, tuple(command.split()), Turn.WORKERS, imports=_WORKER, environment=_BOUNDED_STOP)


PROCESSES = (
    Process("web", ("gunicorn", "--config", "python:web.serving", "web.wsgi:app"), imports=_WEB),
    # It patches the standard library before anything else is imported, so it cannot be a fork of one that has imported.
    Process("live", ("python", "-m", "web.live"), forked=False),
    Process("beat", ("celery", "--quiet", "-A", "workers.app", "beat"), imports=_WORKER),
    Process("flower", ("python", "-m", "workers.flower"), imports=(*_WORKER, "flower.command")),
    worker("control", crews.CONTROL_QUEUE),
    *(worker(str(crew), crews.queue_of(crew)) for crew in Crew),
)
