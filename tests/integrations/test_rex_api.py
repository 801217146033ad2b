import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import BaseModel

from rex_celery.embedded import ports
from rex_celery.errors import RefusedError, UnavailableError
from rex_celery.integrations import rex_api
from rex_celery.integrations.rex_api import RexApi


class Thing(BaseModel):
    name: str


Answer = tuple[int, str, dict[str, str]]


class Scripted(BaseHTTPRequestHandler):
    """Answers as it was told, one answer after the other, and keeps what it was asked."""

    answers: list[Answer]
    asked: list[tuple[str, str, dict[str, str], bytes]]

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked.append((self.command, self.path, dict(self.headers), body))
        status, words, headers = self.answers.pop(0)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(words.encode())))
        self.end_headers()
        self.wfile.write(words.encode())

    do_POST = do_GET  # noqa: N815  the name that http.server calls

    def log_message(self, *_: object) -> None: ...


class Peer:
    """A REX that says what the test tells it to."""

    def __init__(self) -> None:
        self.serving = type("Serving", (Scripted,), {"answers": [], "asked": []})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.serving)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.api = RexApi(self.url, "rex_key")

    def answers(self, *answers: Answer) -> None:
        self.serving.answers.extend(answers)

    @property
    def asked(self) -> list[tuple[str, str, dict[str, str], bytes]]:
        found: list[tuple[str, str, dict[str, str], bytes]] = self.serving.asked
        return found


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def test_a_thing_is_read_with_the_key_and_the_query(peer: Peer) -> None:
    peer.answers((200, '{"name": "Ada", "more": 1}', {}))
    assert peer.api.get("/things", Thing, state="new", cursor=None) == Thing(name="Ada")
    method, path, headers, _ = peer.asked[0]
    assert (method, path, headers["Authorization"]) == ("GET", "/api/rex/things?state=new", "Bearer rex_key")


def test_all_pages_of_a_list_are_read_one_after_the_other(peer: Peer) -> None:
    peer.answers(
        (200, '{"items": [{"name": "a"}, {"name": "b"}], "next_cursor": "x/1"}', {}),
        (200, '{"items": [{"name": "c"}], "next_cursor": null}', {}),
    )
    assert [thing.name for thing in peer.api.pages("/things", Thing)] == ["a", "b", "c"]
    assert [path for _, path, _, _ in peer.asked] == [
        "/api/rex/things?limit=200",
        "/api/rex/things?limit=200&cursor=x%2F1",
    ]


def test_every_post_can_be_repeated_safely(peer: Peer) -> None:
    peer.answers((201, '{"name": "a"}', {}), (201, '{"name": "a"}', {}))
    for _ in range(2):
        peer.api.post("/things", Thing, {"name": "a"})
    keys = [headers["Idempotency-Key"] for _, _, headers, _ in peer.asked]
    assert keys[0] != keys[1]
    assert peer.asked[0][3] == b'{"name": "a"}'


def test_a_refusal_is_told_in_the_words_of_rex(peer: Peer) -> None:
    problem = (
        '{"type": "about:blank", "title": "Conflict", "status": 409, "detail": "It is over.", "code": "conflict",'
        ' "action": "Submit a new one.", "errors": [{"where": "body.a", "what": "is odd", "expected": "even"}]}'
    )
    peer.answers((409, problem, {}))
    with pytest.raises(RefusedError) as refused:
        peer.api.post("/things/1/resume", Thing)
    error = refused.value
    assert (error.status, error.code, error.detail, error.action) == (
        409,
        "conflict",
        "It is over.",
        "Submit a new one.",
    )
    assert [(one.where, one.what, one.expected) for one in error.problems] == [("body.a", "is odd", "even")]


def test_an_answer_of_something_else_is_not_taken_for_one_of_rex(peer: Peer) -> None:
    peer.answers((502, "<html>Bad gateway</html>", {}), (200, "<html>Hello</html>", {}))
    with pytest.raises(RefusedError, match="502"):
        peer.api.get("/things", Thing)
    with pytest.raises(RefusedError, match="version of REX"):
        peer.api.get("/things", Thing)


def test_asked_too_often_it_waits_as_long_as_it_is_told_and_asks_again(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(rex_api.time, "sleep", waits.append)
    peer.answers((429, "{}", {"Retry-After": "7"}), (200, '{"name": "a"}', {}))
    assert peer.api.get("/things", Thing).name == "a"
    assert waits == [7.0]


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "soon"}, {"Retry-After": "4000"}])
def test_it_does_not_wait_without_end(peer: Peer, headers: dict[str, str]) -> None:
    peer.answers((429, '{"detail": "Too many requests."}', headers))
    with pytest.raises(RefusedError, match="Too many"):
        peer.api.get("/things", Thing)


def test_a_file_is_sent_as_a_form_and_its_progress_is_told(peer: Peer, tmp_path: Path) -> None:
    file = tmp_path / 'odd "name".csv'
    file.write_bytes(b"email\n" * 100_000)
    peer.answers((201, '{"name": "list"}', {}))
    sent: list[int] = []
    peer.api.upload("/leads/import", Thing, file, fields={"mapping": '{"a": "b"}'}, progress=sent.append)
    _, _, headers, body = peer.asked[0]
    assert int(headers["Content-Length"]) == len(body)
    assert b'name="mapping"\r\n\r\n{"a": "b"}\r\n' in body
    assert b'filename="odd _name_.csv"' in body
    assert body.count(b"email\n") == 100_000
    assert sum(sent) == 600_000
    assert len(sent) > 1


def test_nothing_that_answers_is_told_with_what_would_help() -> None:
    with pytest.raises(UnavailableError) as refused:
        RexApi(f"http://127.0.0.1:{ports.free_port()}").get("/status", Thing)
    assert "rex up" in refused.value.action


@pytest.mark.parametrize("url", ["file:///etc", "rex", "ftp://example.com"])
def test_only_web_addresses_are_opened(url: str) -> None:
    with pytest.raises(RefusedError, match="web address"):
        RexApi(url).get("/passwd", Thing)
