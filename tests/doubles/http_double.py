"""A provider that does as it is told: answers, drops the connection after it took a request, or keeps silent."""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass(frozen=True, slots=True)
class Taken:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What to do with one request; ``drop`` closes the connection instead, ``silent`` never answers."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    silent: bool = False


class HttpDouble:
    """A server on this machine; what it took stands in ``requests``. Without an answer to give it answers 200."""

    def __init__(self) -> None:
        self.requests: list[Taken] = []
        self.answers: deque[Answer] = deque()
        self.always = Answer()
        self.over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _behaviour(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(
        self, status: int, body: bytes = b"", *, drop: bool = False, silent: bool = False, **headers: str
    ) -> None:
        """Do this next; header names are written with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append(Answer(status, body, named, drop, silent))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _behaviour(double: HttpDouble) -> type[BaseHTTPRequestHandler]:
    class Behaviour(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            double.requests.append(Taken(self.command, self.path, dict(self.headers), body))
            answer = double.answers.popleft() if double.answers else double.always
            if answer.silent:
                double.over.wait(30)
            if answer.drop or answer.silent:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_OPTIONS = do_HEAD = _take  # noqa: N815  the names that the library looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
            """Say nothing."""

    return Behaviour
