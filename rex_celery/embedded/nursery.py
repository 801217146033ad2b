"""Starts processes on request and tells how they end; most are forks of itself, with all they need imported already.

It reads one JSON request a line from a socket and writes one JSON report a line back. When the socket closes, its
owner is gone: it stops all it started.
"""

import ctypes
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from select import select

PR_SET_NAME, PR_SET_PDEATHSIG = 15, 1
# As long as a worker may take to end its tasks when its owner has died.
LAST_CALL_SECONDS = 70


@dataclass(frozen=True, slots=True)
class Start:
    """A request to start a process; its words go to the file descriptor ``output``."""

    name: str
    command: list[str]
    environment: dict[str, str]
    output: int
    forked: bool


@dataclass(slots=True)
class Nursery:
    """The process that forks: the socket to its owner, its children, and the console scripts it has imported."""

    owner: socket.socket
    alarm: socket.socket
    children: dict[int, str] = field(default_factory=dict)
    scripts: dict[str, Callable[[], int | None]] = field(default_factory=dict)
    unread: bytes = b""

    def serve(self) -> Start | None:
        """Work until the owner is gone (None); in each child, return what that child is to become."""
        while True:
            ready, _, _ = select([self.owner, self.alarm], [], [])
            if self.alarm in ready:
                self.alarm.recv(4096)
            self._report_ends()
            if self.owner in ready:
                requests = self._requests()
                if requests is None:
                    self._stop_all()
                    return None
                for request in requests:
                    become = self._obey(request)
                    if become:
                        return become

    def _requests(self) -> list[dict[str, object]] | None:
        received = self.owner.recv(65536)
        if not received:
            return None
        *whole, self.unread = (self.unread + received).split(b"\n")
        return [json.loads(line) for line in whole]

    def _obey(self, request: dict[str, object]) -> Start | None:
        match request:
            case {"start": str(name), "command": list(command), "environment": dict(extra), "output": int(output)}:
                return self._start(Start(name, command, extra, output, bool(request["forked"])))
            case {"signal": str(name), "number": int(number), "group": bool(group)}:
                self._signal(name, number, whole_group=group)
            case {"import": list(modules), "scripts": list(scripts)}:
                self._import(modules, scripts)
        return None

    def _start(self, start: Start) -> Start | None:
        pid = os.fork()
        if pid == 0:
            self.owner.close()
            self.alarm.close()
            return start
        with suppress(OSError):  # the child does the same; whoever is first
            os.setpgid(pid, pid)
        self.children[pid] = start.name
        self._tell(started=start.name, pid=pid)
        return None

    def _signal(self, name: str, number: int, *, whole_group: bool) -> None:
        for pid, child in self.children.items():
            if child == name:
                (os.killpg if whole_group else os.kill)(pid, number)

    def _import(self, modules: list[str], scripts: list[str]) -> None:
        for module in modules:
            try:
                importlib.import_module(module)
            except (ImportError, RuntimeError, ValueError) as error:  # the process that needs it will say more
                self._tell(failed=module, reason=repr(error))
        wanted = entry_points(group="console_scripts")
        self.scripts = {script.name: script.load() for script in wanted if script.name in scripts}
        gc.freeze()  # the collector would touch, and so copy, what the forks share

    def _report_ends(self) -> None:
        while self.children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            name = self.children.pop(pid, "")
            self._tell(ended=name, pid=pid, code=os.waitstatus_to_exitcode(status))

    def _tell(self, **report: object) -> None:
        with suppress(OSError):  # an owner that is gone hears nothing; that is noticed where it is read
            self.owner.sendall(json.dumps(report).encode() + b"\n")

    def _stop_all(self) -> None:
        for number, seconds in ((signal.SIGTERM, LAST_CALL_SECONDS), (signal.SIGKILL, 5)):
            for pid in self.children:
                (os.killpg if number == signal.SIGKILL else os.kill)(pid, number)
            end = time.monotonic() + seconds
            while self.children and time.monotonic() < end:
                self._report_ends()
                time.sleep(0.05)


def become(start: Start, scripts: dict[str, Callable[[], int | None]]) -> None:
    """Turn this fresh fork into the process asked for; returns when that process is done."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setpgid(0, 0)
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    _prctl(PR_SET_NAME, f"rex-{start.name}".encode()[:15])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(start.output, 1)
    os.dup2(start.output, 2)
    os.environ.update(start.environment)  # noqa: TID251  the environment of a new process
    sys.argv = list(start.command)
    if not start.forked:
        _execute(start.command)
    elif start.command[:2] == ["python", "-m"]:
        sys.argv = start.command[2:]
        runpy.run_module(start.command[2], run_name="__main__", alter_sys=True)
    else:
        sys.exit(scripts[start.command[0]]())


def _execute(command: list[str]) -> None:
    os.closerange(3, 256)  # what belongs to the nursery and to its other children
    try:
        os.execvp(command[0], command)  # noqa: S606  a process of our own, see processes.py
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


def _prctl(option: int, value: int | bytes) -> None:
    """Linux only: elsewhere names stay and an orphan is stopped by the closed socket alone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def main(descriptor: int) -> None:
    """Serve the owner at the other end of this socket."""
    noticed, alarm = socket.socketpair()
    alarm.setblocking(False)
    signal.set_wakeup_fd(alarm.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nursery = Nursery(socket.socket(fileno=descriptor), noticed)
    start = nursery.serve()
    if start:
        become(start, nursery.scripts)


if __name__ == "__main__":
    main(int(sys.argv[1]))
