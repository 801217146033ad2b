"""Somebody who receives webhooks, on loopback; each answer is what the test wants."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Got:
    """One post as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


Reply = Callable[[Got], tuple[int, bytes]]


def fine(_: Got) -> tuple[int, bytes]:
    return 204, b""


@dataclass
class Receiver:
    """What arrived; ``reply`` says what is answered and may take its time."""

    url: str
    reply: Reply = fine
    got: list[Got] = field(default_factory=list)


@contextmanager
def listening() -> Iterator[Receiver]:
    """A receiver on a port of its own."""

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            got = Got(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            receiver.got.append(got)
            status, said = receiver.reply(got)
            self.send_response(status)
            if status in {301, 302, 307, 308}:
                self.send_header("Location", said.decode())
                said = b""
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
