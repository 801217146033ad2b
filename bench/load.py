"""The load generator, a process of its own: ``python -m bench.load`` reads what to ask as JSON, writes what it saw.

Each client keeps one connection and asks again when it has its answer; one loop serves all clients, so that the
generator takes as little of the machine as it can. It speaks to this machine only.
"""

import json
import selectors
import socket
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import quantiles

HOST = "127.0.0.1"


@dataclass(slots=True)
class Client:
    """One connection: when it asked, and what came of the answer so far."""

    line: socket.socket
    asked: float = 0.0
    received: bytearray = field(default_factory=bytearray)


def run(port: int, asked: Sequence[bytes], clients: int, per_second: float = 0) -> dict[str, float]:
    """Send every request; milliseconds, errors (answers other than 2xx) and requests a second.

    As fast as there are answers, or ``per_second``: then the time runs from when each was due, not from when a
    connection was free for it.
    """
    selector = selectors.DefaultSelector()
    free = [Client(socket.create_connection((HOST, port), timeout=60)) for _ in range(clients)]
    for client in free:
        client.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(client.line, selectors.EVENT_READ, client)
    lines, statuses, seen, sent = [client.line for client in free], list[int](), list[float](), 0
    gap, began = 1 / per_second if per_second else 0.0, time.perf_counter()
    while len(seen) < len(asked):
        while free and sent < len(asked) and (due := began + sent * gap) <= time.perf_counter():
            _ask(free.pop(0), asked[sent], due if gap else time.perf_counter())
            sent += 1
        wait = max(0.0, began + sent * gap - time.perf_counter()) if free and sent < len(asked) else 60
        for key, _ in selector.select(wait):
            status = _read(key.data)
            if status is not None:
                statuses.append(status)
                seen.append((time.perf_counter() - key.data.asked) * 1000)
                free.append(key.data)
    seconds = time.perf_counter() - began
    for line in lines:
        line.close()
    return _figures(seen, seconds, sum(not 200 <= status < 300 for status in statuses))


def _figures(seen: list[float], seconds: float, errors: int) -> dict[str, float]:
    cuts = quantiles(seen, n=100, method="inclusive")
    return {
        "p50_ms": round(cuts[49], 2),
        "p95_ms": round(cuts[94], 2),
        "p99_ms": round(cuts[98], 2),
        "per_second": round(len(seen) / seconds, 1),
        "requests": len(seen),
        "errors": errors,
    }


def _ask(client: Client, request: bytes, at: float) -> None:
    client.received.clear()
    client.asked = at
    client.line.sendall(request)


def _read(client: Client) -> int | None:
    """The status once the whole answer is there."""
    part = client.line.recv(65536)
    if not part:
        raise ConnectionResetError("the server closed the connection")
    client.received += part
    head, found, body = bytes(client.received).partition(b"\r\n\r\n")
    if not found:
        return None
    lines = head.decode("latin-1").lower().split("\r\n")
    # An answer without content says no length.
    length = next((int(line.partition(":")[2]) for line in lines if line.startswith("content-length:")), 0)
    return int(lines[0].split()[1]) if len(body) >= length else None


def main() -> None:
    """Serve one order."""
    order = json.load(sys.stdin)
    asked = _posts(Path(order["file"])) if "file" in order else [order["request"].encode()] * order["requests"]
    json.dump(run(order["port"], asked, order["clients"], order.get("per_second", 0)), sys.stdout)


def keep(file: Path, posts: Iterable[bytes]) -> None:
    """Write requests that differ, for an order that names the file."""
    with file.open("wb") as out:
        for post in posts:
            out.write(len(post).to_bytes(8) + post)


def _posts(file: Path) -> list[bytes]:
    with file.open("rb") as source:
        return [source.read(int.from_bytes(size)) for size in iter(partial(source.read, 8), b"")]


if __name__ == "__main__":
    main()
