"""Brings a server that came with REX back when it dies beneath a REX that runs."""

from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from rex_celery.embedded import postgres, services, valkey
from rex_celery.embedded.console import Screen
from rex_celery.embedded.home import Home
from rex_celery.embedded.services import Given
from rex_celery.errors import RefusedError

AGAIN_SECONDS = 10.0


@dataclass(slots=True)
class Revival:
    """Watches the servers of one REX_HOME, except those the person named."""

    path: Path
    given: Given
    screen: Screen
    not_before: float = 0.0

    def look(self) -> None:
        """Start again what has died, on its port: the processes find it there by themselves."""
        dead = " and ".join(self._dead())
        if not dead or monotonic() < self.not_before:
            return
        self.screen.line("rex", f"{dead} ended; started again on its port")
        try:
            services.ensure(self.path, self.given)
        except RefusedError as error:
            self.not_before = monotonic() + AGAIN_SECONDS
            self.screen.line("rex", f"{error.detail} Tried again in {AGAIN_SECONDS:g} s.")

    def _dead(self) -> list[str]:
        home, dead = Home(self.path), []
        if not self.given.database_url and postgres.running_port(home.postgres) is None:
            dead.append("Postgres")
        if not self.given.redis_url and not valkey.lives(home.valkey):
            dead.append("Valkey")
        return dead
