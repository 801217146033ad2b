"""Speaking to a running REX over HTTP, as the rex command does."""

import http.client
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from pydantic import BaseModel, TypeAdapter, ValidationError

from rex_celery.errors import Problem, RefusedError, UnavailableError

Shape = TypeVar("Shape")
Progress = Callable[[int], None]

PREFIX = "/api/rex"
LARGEST_PAGE = 200
PIECE = 256 * 1024
# A full minute of asking too often is forgotten by then.
LONGEST_WAIT_SECONDS = 65.0


class _Problem(BaseModel):
    """A refusal as REX words it (problem+json); all may be missing when something else answered."""

    detail: str = ""
    title: str = ""
    code: str = ""
    action: str | None = None
    errors: list["_Detail"] = []


class _Detail(BaseModel):
    where: str = ""
    what: str = ""
    expected: str = ""


class _Page(BaseModel):
    items: list[object]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class RexApi:
    """One REX and the key to it; ``shape`` in the calls below is the type that the answer is read as."""

    url: str
    key: str = ""
    timeout: float = 30.0

    def get(self, path: str, shape: type[Shape], **query: object) -> Shape:
        """Read one thing; asked too often, wait as long as REX says and ask again.

        Raises:
            RefusedError: REX refuses, with its own words.
            UnavailableError: nothing answers there.

        """
        words = {name: str(value) for name, value in query.items() if value is not None}
        target = f"{path}?{urllib.parse.urlencode(words)}" if words else path
        return _read(self._patiently(self._request("GET", target)), shape)

    def pages(self, path: str, shape: type[Shape], **query: object) -> Iterator[Shape]:
        """Every item of a list, page after page. Raises what ``get`` raises."""
        cursor, item = None, TypeAdapter(shape)
        while True:
            page = self.get(path, _Page, limit=LARGEST_PAGE, cursor=cursor, **query)
            yield from (item.validate_python(one) for one in page.items)
            cursor = page.next_cursor
            if cursor is None:
                return

    def post(self, path: str, shape: type[Shape], body: Mapping[str, object] | None = None) -> Shape:
        """Create or act; safe to repeat, because REX does the same request once. Raises what ``get`` raises."""
        request = self._request("POST", path, json.dumps(body or {}).encode())
        request.add_header("Content-Type", "application/json")
        request.add_header("Idempotency-Key", str(uuid4()))
        return _read(self._patiently(request), shape)

    def upload(
        self, path: str, shape: type[Shape], file: Path, *, fields: Mapping[str, str], progress: Progress
    ) -> Shape:
        """Send a file as a form, piece by piece; ``progress`` is told how many of its bytes have gone.

        Raises:
            OSError: the file cannot be read.
            RefusedError: what ``get`` raises.

        """
        boundary = uuid4().hex
        head, tail = _form(boundary, file.name, fields)
        with file.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            request = self._request("POST", path, _pieces(head, stream.read, tail, progress))
            request.add_header("Content-Type", f"multipart/form-data; boundary={boundary}")
            request.add_header("Content-Length", str(len(head) + size + len(tail)))
            # Taking in a million rows is one request, answered when they are stored.
            with _understood(self.url):
                return _read(_send(request, timeout=3600), shape)

    def download(self, path: str, write: Callable[[bytes], object]) -> None:
        """Hand a file on piece by piece, as it comes. Raises what ``get`` raises."""
        request = self._request("GET", path)
        with _understood(self.url), urllib.request.urlopen(request, timeout=self.timeout) as answer:  # noqa: S310  as above
            while piece := answer.read(PIECE):
                write(piece)

    def _request(self, method: str, path: str, body: object = None) -> urllib.request.Request:
        url = self.url + PREFIX + path
        if not url.startswith(("http://", "https://")):
            raise RefusedError(f"{self.url} is not a web address.", code="bad_url", action="Correct REX_URL.")
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        return urllib.request.Request(url, data=body, headers=headers, method=method)  # type: ignore[arg-type]  # noqa: S310  checked above

    def _patiently(self, request: urllib.request.Request) -> bytes:
        end = time.monotonic() + LONGEST_WAIT_SECONDS
        with _understood(self.url):
            while True:
                try:
                    return _send(request, timeout=self.timeout)
                except urllib.error.HTTPError as error:
                    wait = _wait(error.headers) if error.code == HTTPStatus.TOO_MANY_REQUESTS else None
                    if wait is None or time.monotonic() + wait > end:
                        raise
                    error.close()
                    time.sleep(wait)


def _send(request: urllib.request.Request, *, timeout: float) -> bytes:
    with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310  http(s) only, see _request
        found: bytes = answer.read()
        return found


@contextmanager
def _understood(url: str) -> Iterator[None]:
    """Say in REX's own errors what went wrong."""
    try:
        yield
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(error.code, error.read()) from error
    except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as error:
        reason = getattr(error, "reason", None) or error
        raise UnavailableError(
            f"REX does not answer at {url}: {reason}.",
            code="rex_unreachable",
            action="Start it with `rex up`, or set REX_URL to where it runs.",
        ) from error


def _refusal(status: int, body: bytes) -> RefusedError:
    try:
        problem = _Problem.model_validate_json(body)
    except ValidationError:
        problem = _Problem(detail=f"The server answered {status}, and not as REX does.")
    problems = tuple(Problem(one.where, one.what, one.expected) for one in problem.errors)
    action = problem.action or ("Create a key with `rex keys create`." if status == HTTPStatus.UNAUTHORIZED else "")
    words = problem.detail or problem.title or f"REX answered {status}."
    return RefusedError(words, code=problem.code, action=action, problems=problems, status=status)


def _read(body: bytes, shape: type[Shape]) -> Shape:
    try:
        return TypeAdapter(shape).validate_json(body)
    except ValidationError as error:
        raise RefusedError(
            "The answer is not one of this version of REX.",
            code="answer_unreadable",
            action="See that REX_URL is the address of a REX, of the same version as this command.",
        ) from error


def _wait(headers: Message) -> float | None:
    try:
        return max(1.0, float(headers["Retry-After"]))
    except (TypeError, ValueError):
        return None


def _form(boundary: str, filename: str, fields: Mapping[str, str]) -> tuple[bytes, bytes]:
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    safe = filename.replace("\\", "_").replace('"', "_").replace("\r", "_").replace("\n", "_")
    file = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{safe}"\r\n'
    head = "".join(parts) + file + "Content-Type: text/csv\r\n\r\n"
    return head.encode(), f"\r\n--{boundary}--\r\n".encode()


def _pieces(head: bytes, read: Callable[[int], bytes], tail: bytes, progress: Progress) -> Iterator[bytes]:
    yield head
    while piece := read(PIECE):
        yield piece
        progress(len(piece))
    yield tail
