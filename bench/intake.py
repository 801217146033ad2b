"""Webhooks through the real door: signed batches of SendGrid's events, kept and applied at the same time."""

import base64
import json
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

import psutil
import psycopg
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bench import load, machine
from bench.stage import Stage
from bench.team import cpu_seconds, see, team, wait_until
from rex_celery.embedded import ports

COMPARED = (
    "POST /api/rex/webhooks/sendgrid/events/{{connection}} with {events} events a post, each post signed with an ECDSA "
    "key, over {clients} kept-alive connections from a process of its own. Four events for each of {messages} accepted "
    "messages of enrolled people (processed, delivered, open, click), shuffled, and one post in twenty sent twice. "
    "sustained: {rate} events a second are posted, and the time runs from when a post was due; saturated: every "
    "connection posts again when it has its answer. REX's own gunicorn, one control worker that applies meanwhile "
    "(facts, message states, enrolments, next steps), Postgres and Valkey share the machine with the generator. "
    "per_second is events kept a second; applied_per_second counts from the first post until the last event was "
    "applied; behind_seconds is from the last answer until then."
)
_PEOPLE = """
WITH people AS (
  INSERT INTO leads (id, tenant_id, email)
  SELECT gen_random_uuid(), %(tenant)s, %(mission)s::text || '-' || i || '@example.com'
  FROM generate_series(1, %(messages)s) AS i RETURNING id, email
), enrolled AS (
  INSERT INTO enrolments (id, tenant_id, mission_id, lead_id, chunk_no, sequence_id, version)
  SELECT gen_random_uuid(), %(tenant)s, %(mission)s, id, 0, %(sequence)s, 1 FROM people RETURNING id, lead_id
)
INSERT INTO messages (id, tenant_id, mission_id, lead_id, chunk_no, step_key, channel, recipient, recipient_provider,
  subject, body, framework, enrolment_id, position, inbox_id, state, provider, sent_at)
SELECT gen_random_uuid(), %(tenant)s, %(mission)s, p.id, 0, s.key, 'email', p.email, 'other', 'Hello', 'Hello', 'PAS',
  e.id, s.position, %(inbox)s, s.state, 'sendgrid', s.sent_at
FROM people AS p JOIN enrolled AS e ON e.lead_id = p.id
CROSS JOIN (VALUES ('first', 0, 'accepted', now()), ('second', 1, 'planned', NULL)) AS s(key, position, state, sent_at)
"""
_STEPS = [{"key": key, "day": day, "channel": "email", "subject": "Hello", "body": "Hello"}
          for key, day in (("first", 0), ("second", 3))]  # fmt: skip
_KINDS = (("processed", 0), ("delivered", 2), ("open", 60), ("click", 90))


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is posted, by how many connections, how often."""

    messages: int = 6_000
    events: int = 100
    clients: int = 4
    rounds: int = 3
    rate: int = 1_500


@dataclass(frozen=True, slots=True)
class Account:
    """A connection of the tenant, and the private half of its key."""

    id: UUID
    key: ec.EllipticCurvePrivateKey


def measure(stage: Stage, sizes: Sizes = Sizes()) -> dict[str, object]:
    """Post at a steady rate and as fast as the door takes it, in turns; the first round warms up."""
    rounds: dict[str, list[dict[str, float]]] = {"sustained": [], "saturated": []}
    account = _account(stage)
    port = ports.free_port(0)
    with team(stage.logs) as members:
        quiet = {"REX_LOG_LEVEL": "WARNING"}
        members.rex("web", settings=quiet | {"REX_PORT": str(port)})
        members.rex("control", settings=quiet)
        wait_until(lambda: _takes(port), 30, "REX's web process")
        site = _Site(stage, account, port, (*members.processes(), *stage.servers()))
        site.round(replace(sizes, messages=max(100, sizes.messages // 10)), 0)
        for _ in range(sizes.rounds):
            rounds["sustained"].append(site.round(sizes, sizes.rate))
            rounds["saturated"].append(site.round(sizes, 0))
    medians = {name: {key: median(one[key] for one in found) for key in found[0]} for name, found in rounds.items()}
    known = {"events": sizes.events, "clients": sizes.clients, "messages": sizes.messages, "rate": sizes.rate}
    # Negative where the benchmark went before the other programs of a shared machine.
    nice = psutil.Process().nice()
    return {"compared": COMPARED.format(**known), "medians": medians, "nice": nice, "rounds": rounds}


@dataclass(frozen=True, slots=True)
class _Site:
    """What is measured."""

    stage: Stage
    account: Account
    port: int
    processes: tuple[psutil.Process, ...]

    def round(self, sizes: Sizes, rate: int) -> dict[str, float]:
        """Post ``rate`` events a second, or as many as are taken; every event must have its effect, once."""
        ids = _messages(self.stage, self.account, sizes.messages)
        file, events = self.stage.logs / "bench-posts", len(_KINDS) * sizes.messages
        load.keep(file, _posts(self.account, ids, sizes))
        with psycopg.connect(self.stage.database, autocommit=True) as connection:
            connection.execute("TRUNCATE inbound_events, delivery_facts")
            connection.execute("VACUUM ANALYZE messages, enrolments, leads")
            used, before, began = cpu_seconds(self.processes), machine.load(), time.perf_counter()
            found = _load(self.port, file, sizes.clients, rate / sizes.events)
            posted = time.perf_counter() - began
            wait_until(lambda: _waiting(connection) == 0, 300, "the last event is applied")
            applied = time.perf_counter() - began
            see("answers that were no 2xx", found["errors"], 0)
            see("events by state", _states(connection), {"applied": events})
            see("facts", connection.execute("SELECT count(*) FROM delivery_facts").fetchone(), (events,))
            see("messages that arrived", _arrived(connection, ids), sizes.messages)
        file.unlink()
        return {
            "events": events,
            # The generator says how long it posted: its own start counts for nothing.
            "per_second": round(found["per_second"] * events / found["requests"]),
            "applied_per_second": round(events / applied),
            "behind_seconds": round(applied - posted, 2),
            **{name: found[name] for name in ("p50_ms", "p95_ms", "p99_ms")},
            "cpu_ms_per_event": round(1000 * (cpu_seconds(self.processes) - used) / events, 3),
            "load": before,
        }


def _account(stage: Stage) -> Account:
    account = Account(uuid4(), ec.generate_private_key(ec.SECP256R1()))
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    public = base64.b64encode(account.key.public_key().public_bytes(*form)).decode()
    with psycopg.connect(stage.database, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO connections (id, tenant_id, provider, name, settings)"
            " VALUES (%s, %s, 'sendgrid', 'bench', %s)",
            [account.id, stage.tenant, json.dumps({"webhook_public_key": public})],
        )
    return account


def _messages(stage: Stage, account: Account, number: int) -> list[UUID]:
    """Accepted first messages of people who have a second one to come."""
    values = {name: uuid4() for name in ("mission", "sequence", "inbox")} | {"tenant": stage.tenant}
    with psycopg.connect(stage.database, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO missions (id, tenant_id, type, name, crew, autonomy, paused_at)"
            " VALUES (%(mission)s, %(tenant)s, 'lead_reactivation', 'Bench', 'dead_lead', 'auto', now())",
            values,
        )
        connection.execute(
            "INSERT INTO sequences (id, tenant_id, name) VALUES (%(sequence)s, %(tenant)s, %(mission)s::text)", values
        )
        connection.execute(
            "INSERT INTO sequence_versions (tenant_id, sequence_id, version, steps)"
            " VALUES (%(tenant)s, %(sequence)s, 1, %(steps)s)",
            values | {"steps": json.dumps(_STEPS)},
        )
        connection.execute(
            "INSERT INTO inboxes (id, tenant_id, channel, provider, connection_id, address)"
            " VALUES (%(inbox)s, %(tenant)s, 'email', 'sendgrid', %(connection)s, %(mission)s::text || '@example.com')",
            values | {"connection": account.id},
        )
        connection.execute(_PEOPLE, values | {"messages": number})
        found = connection.execute(
            "SELECT id FROM messages WHERE mission_id = %(mission)s AND position = 0 ORDER BY id", values
        )
        return [row[0] for row in found]


def _posts(account: Account, ids: list[UUID], sizes: Sizes) -> Iterator[bytes]:
    chance = random.Random(1)  # noqa: S311  the same order for everybody
    events = [_event(id_, kind, after) for id_ in ids for kind, after in _KINDS]
    chance.shuffle(events)
    for start in range(0, len(events), sizes.events):
        post = _signed(account, json.dumps(events[start : start + sizes.events]).encode())
        yield post
        if chance.random() < 1 / 20:
            yield post


def _event(message_id: UUID, kind: str, after: int) -> dict[str, object]:
    return {
        "email": "person@example.com",
        "timestamp": int(time.time()) + after,
        "smtp-id": f"<{message_id}@example.com>",
        "event": kind,
        "category": ["rex"],
        "sg_event_id": base64.urlsafe_b64encode(f"{kind}-{message_id}".encode()).decode(),
        "sg_message_id": f"{message_id.hex}.filterdrecv-5d7f8f9c8-abcde-1-68E6F0A1-3.0",
        "rex_message_id": str(message_id),
        "response": "250 2.0.0 OK" if kind == "delivered" else "",
        "useragent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
        "ip": "192.0.2.1",
    }


def _signed(account: Account, body: bytes) -> bytes:
    sent = str(int(time.time()))
    signature = base64.b64encode(account.key.sign(sent.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
    return (
        f"POST /api/rex/webhooks/sendgrid/events/{account.id} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"X-Twilio-Email-Event-Webhook-Signature: {signature}\r\nX-Twilio-Email-Event-Webhook-Timestamp: {sent}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def _load(port: int, file: Path, clients: int, per_second: float) -> dict[str, float]:
    order = json.dumps({"port": port, "file": str(file), "clients": clients, "per_second": per_second})
    done = subprocess.run([sys.executable, "-m", "bench.load"], input=order, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def _waiting(connection: psycopg.Connection[tuple[object, ...]]) -> object:
    row = connection.execute("SELECT count(*) FROM inbound_events WHERE state = 'pending'").fetchone()
    return row[0] if row else None


def _states(connection: psycopg.Connection[tuple[object, ...]]) -> dict[object, object]:
    return dict(connection.execute("SELECT state, count(*) FROM inbound_events GROUP BY 1").fetchall())  # type: ignore[arg-type]


def _arrived(connection: psycopg.Connection[tuple[object, ...]], ids: list[UUID]) -> object:
    row = connection.execute(
        "SELECT count(*) FROM messages WHERE id = ANY(%s) AND state = 'delivered'", [ids]
    ).fetchone()
    return row[0] if row else None


def _takes(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0
