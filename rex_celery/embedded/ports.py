"""TCP ports on this machine: finding a free one, and naming who has a busy one."""

import errno
import socket

import psutil

from rex_celery.errors import RefusedError


def free_port(preferred: int = 0) -> int:
    """The preferred port if it is free on 127.0.0.1, else any free one."""
    if preferred and _why_not("127.0.0.1", preferred) is None:
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def require_all(host: str, wanted: dict[str, int]) -> None:
    """See that the port of each of these settings can be listened on.

    Raises:
        RefusedError: one cannot, or two are the same.

    """
    for setting, port in wanted.items():
        twins = [name for name, other in wanted.items() if other == port]
        if len(twins) > 1:
            raise RefusedError(
                f"{' and '.join(twins)} are both {port}.", code="port_twice", action=f"Set {setting} to another port."
            )
        require(host, port, setting)


def require(host: str, port: int, setting: str) -> None:
    """See that a port can be listened on.

    Raises:
        RefusedError: it cannot; says who has it where that can be seen, and which setting changes it.

    """
    error = _why_not(host, port)
    if error is None:
        return
    if error.errno == errno.EADDRINUSE:
        raise RefusedError(
            f"Port {port} is already in use{_holder(port)}.",
            code="port_busy",
            action=f"Stop that program, or set {setting} to another port: {setting}={free_port()} make up",
        )
    raise RefusedError(
        f"REX cannot listen on {host}, port {port}: {error.strerror}.",
        code="port_refused",
        action=f"Set {setting} to a port above 1023, and REX_HOST to an address of this machine.",
    )


def _why_not(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            # On Linux two sockets may bind with SO_REUSEADDR; only listening tells that nobody else does.
            probe.listen(1)
        except OSError as error:
            return error
    return None


def _holder(port: int) -> str:
    """Who listens there, as far as this account may see."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass  # another account's program: its name is not ours to see
    return " by another program"
