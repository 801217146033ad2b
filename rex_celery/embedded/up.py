"""`rex up`: from nothing to a REX that is ready, and in order back to nothing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from time import monotonic

from rex_celery import config
from rex_celery.config import Settings
from rex_celery.embedded import interrupts, migrations, own_redis, ports, readiness, record, services
from rex_celery.embedded.console import Screen
from rex_celery.embedded.home import Home, open_home
from rex_celery.embedded.processes import PROCESSES
from rex_celery.embedded.revival import Revival
from rex_celery.embedded.services import Services
from rex_celery.embedded.supervisor import Supervisor
from rex_celery.errors import UnavailableError

# A cold disk and two slow cores take half of this.
READY_SECONDS = 60
# Makes the first tenant and its key where there is none; returns the lines that a person must see once.
Welcome = Callable[[], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Instance:
    """A REX that is ready: ours, or one that was running already."""

    settings: Settings
    attached: bool


def run(settings: Settings, welcome: Welcome) -> int:
    """Run REX until Ctrl-C or SIGTERM. 0: stopped in order, or it runs already; 130: stopped before it was ready.

    Raises:
        RefusedError: something on this machine must be changed first; says what.

    """
    home = open_home(settings.home)
    with record.sole(home) as sole, Screen(home.logs / "rex.log", _NAMES) as screen:
        if not sole:
            _tell_running(home, screen)
            return 0
        try:
            with interrupts.raising(), _ready(settings, welcome, screen) as supervisor:
                _turn_until_stopped(supervisor, _revival(settings, screen))
        except KeyboardInterrupt:
            screen.say("Stopped before it was ready.")
            return 130
        screen.say("Everything is stopped.")
    return 0


@contextmanager
def running(settings: Settings, welcome: Welcome) -> Iterator[Instance]:
    """Have a REX for the block: the one that runs on this REX_HOME, else one that is stopped afterwards.

    What its processes say goes to the log file only.

    Raises:
        RefusedError: something on this machine must be changed first; says what.
        UnavailableError: it does not become ready.

    """
    home = open_home(settings.home)
    with record.sole(home) as sole, Screen(home.logs / "rex.log", _NAMES, quiet=True) as screen:
        if not sole:
            yield Instance(_attach(settings), attached=True)
            return
        with interrupts.raising(), _ready(settings, welcome, screen) as supervisor:
            turning = [supervisor, _revival(settings, screen)]
            thread = threading.Thread(target=_turn_until_stopped, args=turning, name="supervisor")
            thread.start()
            try:
                with interrupts.raising():
                    yield Instance(config.settings(), attached=False)
            finally:
                supervisor.ask_to_stop()
                thread.join()


@contextmanager
def _ready(settings: Settings, welcome: Welcome, screen: Screen) -> Iterator[Supervisor]:
    """A REX of ours that is ready; afterwards its processes are stopped, then the servers beneath them.

    A request to stop is the supervisor's from its first process to its last: it never breaks into the block.
    """
    record.bury(Home(settings.home))
    ports.require_all(settings.host, _ports(settings))
    if settings.redis_url:
        own_redis.require(settings.redis_url)
    with ExitStack() as stack:
        with screen.steps(5) as steps:
            with steps.step("Starting Postgres and Valkey", "Postgres and Valkey run"):
                known = stack.enter_context(services.using(settings.home, services.given(settings)))
                settings = services.use(known)
            supervisor = stack.enter_context(_supervised(settings, known, screen))
            with steps.step("Bringing the tables up to date", "The tables are up to date"):
                migrations.migrate(known)
            with steps.step("Looking for the first tenant", "There is a tenant with a key"):
                told = welcome()
            supervisor.start()
            with steps.step("Starting the processes", "The processes answer"):
                _wait_until_ready(supervisor, settings)
        now = record.of(settings, supervisor)
        record.write(known.home, now)
        screen.say(f"\n[bold green]REX is ready[/] [dim]after {screen.seconds:.1f} s[/]")
        for line in (*now.addresses(settings.home), *told, "Ctrl-C stops everything.\n"):
            screen.say(line)
        yield supervisor


@contextmanager
def _supervised(settings: Settings, known: Services, screen: Screen) -> Iterator[Supervisor]:
    """The processes, of which those that need a Python of their own start at once: they load while we migrate."""
    chosen = {setting: str(port) for setting, port in _ports(settings).items()}
    # None of them migrates, so none is told the owner's password.
    told = {**known.environment(), "DATABASE_URL": known.app_database_url, "REX_HOST": settings.host, **chosen}
    supervisor = Supervisor(PROCESSES, told, screen)
    with interrupts.stopping(supervisor.ask_to_stop):
        try:
            supervisor.prepare()
            record.write(known.home, record.of(settings, supervisor))
            yield supervisor
        finally:
            screen.say("Stopping. Ctrl-C again does not wait for tasks under way.")
            supervisor.stop()
            known.home.up_file.unlink(missing_ok=True)


def _wait_until_ready(supervisor: Supervisor, settings: Settings) -> None:
    end = monotonic() + READY_SECONDS
    while not (answer := readiness.ask(settings)).ready:
        if not supervisor.turn(0.1):
            raise KeyboardInterrupt
        if monotonic() > end:
            raise UnavailableError(
                f"REX is not ready after {READY_SECONDS} s: {'; '.join(answer.missing)}.",
                code="not_ready",
                action=f"The log says more: {settings.home / 'logs' / 'rex.log'}",
            )


def _turn_until_stopped(supervisor: Supervisor, revival: Revival) -> None:
    while supervisor.turn(1.0):
        revival.look()


def _revival(settings: Settings, screen: Screen) -> Revival:
    return Revival(settings.home, services.given(settings), screen)


def _attach(settings: Settings) -> Settings:
    """The other one may still be starting."""
    end = monotonic() + READY_SECONDS
    while not readiness.ask(_where(settings)).ready and monotonic() < end:
        threading.Event().wait(0.2)
    return services.attach(settings)


def _where(settings: Settings) -> Settings:
    """The other one may have been given ports that we were not."""
    other = record.read(Home(settings.home))
    return settings.model_copy(update={"host": other.host, "port": other.port}) if other and other.port else settings


def _ports(settings: Settings) -> dict[str, int]:
    return {
        "REX_PORT": settings.port,
        "REX_LIVE_PORT": settings.live_port,
        "REX_FLOWER_PORT": settings.flower_port,
    }


def _tell_running(home: Home, screen: Screen) -> None:
    other = record.read(home)
    if other is None or not other.pids:
        screen.say("REX is being started by somebody else; it tells its addresses when it is ready.")
        return
    screen.say(f"[bold green]REX is running already[/] (process {other.pid}); nothing was started twice.")
    for line in other.addresses(home.path):
        screen.say(line)


_NAMES = tuple(process.name for process in PROCESSES)
