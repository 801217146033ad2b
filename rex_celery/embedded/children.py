"""The owner's side of the nursery: start, signal and hear of the processes of REX."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rex_celery.embedded.processes import Process


@dataclass(frozen=True, slots=True)
class Started:
    """A process runs now."""

    name: str
    pid: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A process ended by itself or was stopped; a negative code is the signal that killed it."""

    name: str
    code: int


@dataclass(frozen=True, slots=True)
class NotImported:
    """The nursery could not import a module; the processes that need it will say why."""

    module: str
    reason: str


Report = Started | Ended | NotImported


class Children:
    """The nursery, the pipes by which its children speak, and what it reports."""

    def __init__(self, team: Sequence[Process], environment: Mapping[str, str]) -> None:
        self._team = team
        self.pipes = {process.name: os.pipe() for process in team}
        self.line, theirs = socket.socketpair()
        self._unread = b""
        # The children's writing ends go to the nursery once; it hands each child its own, at every start.
        outputs = [writing for _, writing in self.pipes.values()]
        forked = {name: value for process in team if process.forked for name, value in process.environment.items()}
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "rex_celery.embedded.nursery", str(theirs.fileno())],
            pass_fds=(theirs.fileno(), *outputs),
            env={**os.environ, **_path(), **forked, "PYTHONUNBUFFERED": "1", **environment},  # noqa: TID251  a child's
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C on the terminal is for us to pass on, in order
        )
        theirs.close()

    @property
    def nursery_pid(self) -> int:
        return self._nursery.pid

    def outputs(self) -> dict[int, str]:
        """Which process speaks through which file descriptor."""
        return {reading: name for name, (reading, _) in self.pipes.items()}

    def preload(self) -> None:
        """Have the nursery import what the forked processes need; what is asked of it meanwhile waits."""
        forked = [process for process in self._team if process.forked]
        modules = dict.fromkeys(module for process in forked for module in process.imports)
        self._ask({"import": list(modules), "scripts": [process.command[0] for process in forked]})

    def start(self, process: Process) -> None:
        self._ask(
            {
                "start": process.name,
                "command": process.command,
                "environment": process.environment,
                "output": self.pipes[process.name][1],
                "forked": process.forked,
            }
        )

    def signal(self, name: str, number: signal.Signals) -> None:
        """Tell a process, or with SIGKILL it and all it started; nothing happens if it ended."""
        self._ask({"signal": name, "number": int(number), "group": number == signal.SIGKILL})

    def reports(self) -> Iterator[Report]:
        """What the nursery wrote; call when ``line`` can be read.

        Raises:
            ConnectionError: the nursery is gone, and its children with it.

        """
        received = self.line.recv(65536)
        if not received:
            raise ConnectionResetError
        *whole, self._unread = (self._unread + received).split(b"\n")
        for line in whole:
            yield _report(json.loads(line))

    def close(self) -> None:
        """Let the nursery go; it stops what still runs."""
        self.line.close()
        self._nursery.wait()
        for ends in self.pipes.values():
            for end in ends:
                os.close(end)

    def _ask(self, request: Mapping[str, object]) -> None:
        self.line.sendall(json.dumps(request).encode() + b"\n")


def _report(words: dict[str, str]) -> Report:
    match words:
        case {"started": name, "pid": pid}:
            return Started(name, int(pid))
        case {"ended": name, "code": code}:
            return Ended(name, int(code))
        case _:
            return NotImported(words["failed"], words["reason"])


def _path() -> dict[str, str]:
    """The commands of this very installation are found first, whether or not it was activated."""
    return {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])}  # noqa: TID251
