"""The API under load, through the real gunicorn process, beside a bare Flask app on the same server."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median

import psycopg

from bench import machine
from bench.stage import Stage
from bench.team import see, team, wait_until
from rex_celery import db
from rex_celery.embedded import ports
from rex_celery.tenancy import keys
from rex_celery.tenancy.access import Role

COMPARED = (
    "POST /api/rex/missions over 10 000 imported leads by one client; of a mission on an empty list by 32 clients "
    "beside a bare Flask app (validate, INSERT, commit, Celery enqueue) under the same gunicorn settings, Postgres and "
    "Valkey, taken in turns; GET /status and GET /missions/{id} of a finished-size mission by 32 clients. Requests go "
    "over kept-alive connections from a process of its own; every client asks again when it has its answer, so at 32 "
    "clients both servers are saturated and share the machine with the generator. The rate limit is raised; nothing "
    "is cached between; no worker runs meanwhile."
)
Rounds = dict[str, list[dict[str, float]]]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is asked of each."""

    leads: int = 10_000
    clients: int = 32
    single: int = 300
    many: int = 1_600
    rounds: int = 3


@dataclass(frozen=True, slots=True)
class Site:
    """The two servers' ports and the key that REX knows."""

    rex: int
    bare: int
    key: str

    def request(self, method: str, path: str, body: dict[str, object] | None = None) -> str:
        """One request to REX as it goes over the wire."""
        return _wire(method, f"/api/rex{path}", body, f"Authorization: Bearer {self.key}\r\n")


def measure(stage: Stage, sizes: Sizes = Sizes()) -> dict[str, object]:
    """Ask both in turns; medians over the rounds, every round, and the ratio of p95."""
    full, empty = stage.a_list(sizes.leads), stage.a_list(0)
    with _site(stage) as site:
        over = partial(_mission, site)
        shown = _submitted(site, over(full))
        asked: dict[str, Callable[[], dict[str, float]]] = {
            f"submit_{sizes.leads}_leads_1_client": lambda: _load(site.rex, over(full), 1, sizes.single),
            "submit_empty": lambda: _load(site.rex, over(empty), sizes.clients, sizes.many),
            "bare_submit": lambda: _load(
                site.bare, _wire("POST", "/missions", _order(str(empty))), sizes.clients, sizes.many
            ),
            "status": lambda: _load(site.rex, site.request("GET", "/status"), sizes.clients, sizes.many),
            "mission_detail": lambda: _load(
                site.rex, site.request("GET", f"/missions/{shown}"), sizes.clients, sizes.many
            ),
        }
        rounds: Rounds = {name: [] for name in asked}
        for number in range(sizes.rounds + 1):
            for name, run in asked.items():
                _clear(stage, shown)
                found = run()
                see(f"errors of {name}", found["errors"], 0)
                if number:  # the first round warms up
                    rounds[name].append(found | {"load": machine.load()})
    medians = {name: {key: median(one[key] for one in found) for key in found[0]} for name, found in rounds.items()}
    ratio = round(medians["submit_empty"]["p95_ms"] / medians["bare_submit"]["p95_ms"], 2)
    return {"compared": COMPARED, "medians": medians, "p95_times_bare": ratio, "rounds": rounds}


@contextmanager
def _site(stage: Stage) -> Iterator[Site]:
    with db.transaction(stage.tenant) as session:
        key = keys.create(session, name="bench", role=Role.ADMIN, actor="bench").plaintext
    site = Site(ports.free_port(0), ports.free_port(0), key)
    settings = {"REX_REQUESTS_PER_MINUTE": "100000000", "REX_LOG_LEVEL": "WARNING"}
    with team(stage.logs) as members:
        members.rex("web", settings=settings | {"REX_PORT": str(site.rex)})
        members.run(
            "bare-web", "gunicorn", "--config", "python:web.serving", "bench.bare_web:app",
            settings=settings | {"REX_PORT": str(site.bare)},
        )  # fmt: skip
        wait_until(lambda: _answers(f"http://127.0.0.1:{site.rex}/api/rex/health/live"), 30, "REX's web process")
        wait_until(lambda: _answers(f"http://127.0.0.1:{site.bare}/ready"), 30, "the bare web process")
        yield site


def _mission(site: Site, chosen: object) -> str:
    return site.request("POST", "/missions", _order(str(chosen)))


def _order(chosen: str) -> dict[str, object]:
    return {"type": "lead_reactivation", "name": "Bench", "priority": 50, "autonomy": "auto",
            "offer": "a review of your energy bill", "audience": {"import_id": chosen}}  # fmt: skip


def _submitted(site: Site, request: str) -> str:
    head, _, body = request.partition("\r\n\r\n")
    path = head.split()[1]
    asked = urllib.request.Request(f"http://127.0.0.1:{site.rex}{path}", body.encode(), method="POST")
    asked.add_header("Authorization", f"Bearer {site.key}")
    asked.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
        return str(json.load(answer)["id"])


def _clear(stage: Stage, shown: str) -> None:
    """Every run begins with the same tables: the mission that is shown and nothing that earlier runs submitted."""
    with psycopg.connect(stage.database, autocommit=True) as connection:
        connection.execute("DELETE FROM missions WHERE id <> %s", [shown])
        connection.execute("VACUUM ANALYZE missions, steps, events, event_heads")
    time.sleep(0.2)


def _load(port: int, request: str, clients: int, requests: int) -> dict[str, float]:
    order = {"port": port, "request": request, "clients": clients, "requests": requests}
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"], input=json.dumps(order), capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def _wire(method: str, path: str, body: dict[str, object] | None = None, extra: str = "") -> str:
    content = "" if body is None else json.dumps(body)
    kind = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n" if content else ""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{extra}{kind}\r\n{content}"


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
