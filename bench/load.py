"""The load generator, a process of its own: ``python -m bench.load`` reads what to ask as JSON, writes what it saw.

Each client keeps one connection and asks again when it has its answer; one loop serves all clients, so that the
generator takes as little of the machine as it can. It speaks to this machine only.
"""

import json
import selectors
import socket
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat
from pathlib import Path
from statistics import quantiles

HOST = "127.0.0.1"


@dataclass(slots=True)
class Client:
    """One connection: when it asked, and what came of the answer so far."""

    line: socket.socket
    asked: float = 0.0
    received: bytearray = field(default_factory=bytearray)


def run(port: int, asked: Iterator[bytes], clients: int, requests: int) -> dict[str, float]:
    """Ask ``requests`` times in all; milliseconds, errors (answers other than 2xx) and requests a second."""
    selector = selectors.DefaultSelector()
    waiting = [Client(socket.create_connection((HOST, port), timeout=60)) for _ in range(clients)]
    seen: list[float] = []
    errors, left, began = 0, requests, time.perf_counter()
    for client in waiting[:left]:
        client.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(client.line, selectors.EVENT_READ, client)
        left -= _ask(client, next(asked))
    while len(seen) < requests:
        for key, _ in selector.select(60):
            client = key.data
            status = _read(client)
            if status is None:
                continue
            seen.append((time.perf_counter() - client.asked) * 1000)
            errors += not 200 <= status < 300
            if left:
                left -= _ask(client, next(asked))
    seconds = time.perf_counter() - began
    for client in waiting:
        client.line.close()
    cuts = quantiles(seen, n=100, method="inclusive")
    return {
        "p50_ms": round(cuts[49], 2),
        "p95_ms": round(cuts[94], 2),
        "p99_ms": round(cuts[98], 2),
        "per_second": round(requests / seconds, 1),
        "requests": requests,
        "errors": errors,
    }


def _ask(client: Client, request: bytes) -> int:
    client.received.clear()
    client.asked = time.perf_counter()
    client.line.sendall(request)
    return 1


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
    if "file" in order:
        posts = _posts(Path(order["file"]))
        asked, requests = iter(posts), len(posts)
    else:
        asked, requests = repeat(order["request"].encode()), order["requests"]
    json.dump(run(order["port"], asked, order["clients"], requests), sys.stdout)


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
