"""Keeps the processes of REX running: starts them, shows what they say, starts them again, stops them in order."""

import os
import selectors
import signal
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from rex_celery.embedded.children import Children, Ended, NotImported, Report, Started
from rex_celery.embedded.console import Screen
from rex_celery.embedded.processes import Process, Turn

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 10.0
# A process that ran this long was well: its next failure is the first again.
WELL_AFTER_SECONDS = 30.0
# A worker gives its tasks ten seconds; its pool may need half a minute more on a busy machine.
PATIENCE_SECONDS = {Turn.DOORS: 15.0, Turn.WORKERS: 60.0}
HURRIED_SECONDS = 3.0


@dataclass(slots=True)
class Child:
    """A process and what has become of it: whether it was asked to run, as what, and when it is started again."""

    process: Process
    pid: int = 0
    asked: bool = False
    began: float = 0.0
    wait: float = FIRST_WAIT_SECONDS
    again_at: float | None = None
    unfinished: bytes = b""


class Supervisor:
    """One team of processes. Everything happens in the thread that calls it; others may only ``ask_to_stop``."""

    def __init__(self, team: Sequence[Process], environment: Mapping[str, str], screen: Screen) -> None:
        self.screen = screen
        self.team = {process.name: Child(process) for process in team}
        self._environment = environment
        self._wishes, self._wish = socket.socketpair()
        self._wish.setblocking(False)
        self._stops_asked = 0
        self._open()

    def ask_to_stop(self) -> None:
        """From a signal or another thread: stop; asked again: do not wait for tasks under way."""
        with suppress(OSError):  # stopped already, or asked so often that it cannot be missed
            self._wish.send(b"s")

    def prepare(self) -> None:
        """Start what has imports of its own to do, and have the nursery do those that the others share."""
        for child in self.team.values():
            if not child.process.forked:
                self._start(child)
        self._children.preload()

    def start(self) -> None:
        """Start the others; each runs as soon as the imports are done."""
        for child in self.team.values():
            if child.process.forked:
                self._start(child)

    def turn(self, seconds: float) -> bool:
        """Listen for at most this long and do what is due; False once somebody asked to stop, or nobody reads us."""
        for key, _ in self._selector.select(seconds):
            if key.fileobj is self._wishes:
                self._stops_asked += len(self._wishes.recv(64))
            elif key.fileobj is self._children.line:
                self._hear()
            else:
                self._read(key.fd, str(key.data))
        for child in self.team.values():
            if child.again_at is not None and child.again_at <= monotonic() and not self._stops_asked:
                self._start(child)
        return not (self._stops_asked or self.screen.gone)

    def stop(self) -> None:
        """Stop all, the doors before the workers, and wait until the last is gone."""
        self._stops_asked = max(self._stops_asked, 1)
        for turn in Turn:
            self._stop([child for child in self.team.values() if child.process.turn == turn], PATIENCE_SECONDS[turn])
        self._close()
        self._wishes.close()
        self._wish.close()

    @property
    def pids(self) -> dict[str, int]:
        """The processes that run now."""
        return {name: child.pid for name, child in self.team.items() if child.pid}

    @property
    def nursery_pid(self) -> int:
        """The process that the others are children of."""
        return self._children.nursery_pid

    def _open(self) -> None:
        self._children = Children([child.process for child in self.team.values()], self._environment)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wishes, selectors.EVENT_READ)
        self._selector.register(self._children.line, selectors.EVENT_READ)
        for reading, name in self._children.outputs().items():
            self._selector.register(reading, selectors.EVENT_READ, name)

    def _close(self) -> None:
        self._selector.close()
        self._children.close()

    def _start(self, child: Child) -> None:
        child.asked, child.again_at, child.began = True, None, monotonic()
        self._children.start(child.process)

    def _stop(self, children: list[Child], patience: float) -> None:
        asked, end = 0, monotonic() + patience
        while any(child.asked for child in children) and monotonic() < end:
            if asked < self._stops_asked:
                asked = self._stops_asked
                end = end if asked == 1 else min(end, monotonic() + HURRIED_SECONDS)
                self._signal(children, signal.SIGTERM)
            self.turn(0.2)
        while any(child.asked for child in children):
            self._signal(children, signal.SIGKILL)
            self.turn(0.2)

    def _signal(self, children: list[Child], number: signal.Signals) -> None:
        for child in children:
            if child.asked:
                self._children.signal(child.process.name, number)

    def _hear(self) -> None:
        try:
            for report in self._children.reports():
                self._note(report)
        except ConnectionError:
            self._begin_again()

    def _note(self, report: Report) -> None:
        match report:
            case Started(name, pid):
                self.team[name].pid = pid
            case Ended(name, code):
                self._ended(self.team[name], code)
            case NotImported(module, reason):
                self.screen.line("rex", f"{module} cannot be imported: {reason}")

    def _ended(self, child: Child, code: int) -> None:
        child.asked, child.pid = False, 0
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        if self._stops_asked:
            self.screen.line("rex", f"{child.process.name} stopped")
            return
        if monotonic() - child.began > WELL_AFTER_SECONDS:
            child.wait = FIRST_WAIT_SECONDS
        self.screen.line("rex", f"{child.process.name} {how}; it is started again in {child.wait:g} s")
        child.again_at = monotonic() + child.wait
        child.wait = min(child.wait * 2, LONGEST_WAIT_SECONDS)

    def _begin_again(self) -> None:
        """The nursery died, so its children were told to; see that they are gone, then start all from the beginning."""
        self.screen.line("rex", "the process that starts the others is gone; all are started again")
        for child in self.team.values():
            if child.pid:
                _end_group(child.pid)
            child.asked, child.pid = False, 0
        self._close()
        self._open()
        if not self._stops_asked:
            self.prepare()
            self.start()

    def _read(self, descriptor: int, name: str) -> None:
        child = self.team[name]
        *lines, child.unfinished = (child.unfinished + os.read(descriptor, 65536)).split(b"\n")
        for line in lines:
            if line.strip():
                self.screen.line(name, line.decode("utf-8", "replace").rstrip())


def _end_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
