"""How a second worker on one crew's queue shortens a mission that waits on a slow channel: a mail server."""

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from statistics import median
from uuid import UUID

import psycopg
from aiosmtpd.smtp import SMTP
from sqlalchemy import text

from bench import machine, pipeline
from bench.stage import Stage
from bench.team import Team, see, team, wait_until
from rex_celery import crews, db
from rex_celery.embedded import ports
from rex_celery.missions import launch

COMPARED = (
    "A lead_reactivation mission with a sequence of one e-mail, over an SMTP server that takes {delay} s for each "
    "message, and a policy without caps; the time from its first claim to its last acceptance with one worker (2 "
    "prefork children) on crew.campaign, and with two such workers, taken in turns. Each e-mail is claimed, looked at "
    "once more before it is handed over, and recorded."
)
_SENDING = """
SELECT extract(epoch FROM max(sent_at) - min(claimed_at)) FROM messages WHERE mission_id = %s AND state = 'accepted'
"""
# Nothing may hold a message up but the mail server: every hour of every day, no cap, no gap.
_POLICY = {
    "hours": {"start": "00:00", "end": "23:59", "days": [1, 2, 3, 4, 5, 6, 7]},
    "holidays": False,
    "caps": dict.fromkeys(("tenant_per_day", "domain_per_day", "inbox_per_day", "inbox_per_hour"))
    | {"gap_seconds": 0, "jitter_seconds": 0},
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """The mission, the slowness, how often, and by how many workers."""

    leads: int = 400
    delay: float = 0.1
    rounds: int = 2
    workers: tuple[int, ...] = (1, 2)


def measure(stage: Stage, sizes: Sizes = Sizes()) -> dict[str, object]:
    """Run the same mission with each number of workers in turns."""
    rounds: dict[str, list[dict[str, float]]] = {f"{number}_workers": [] for number in sizes.workers}
    for _ in range(sizes.rounds):
        for number in sizes.workers:
            rounds[f"{number}_workers"].append(_run(stage, sizes, number))
    medians = {name: {key: median(one[key] for one in found) for key in found[0]} for name, found in rounds.items()}
    first, last = (medians[f"{number}_workers"]["send_seconds"] for number in (sizes.workers[0], sizes.workers[-1]))
    return {
        "compared": COMPARED.format(delay=sizes.delay),
        "medians": medians,
        "time_with_second_worker": round(last / first, 2),
        "rounds": rounds,
    }


def _run(stage: Stage, sizes: Sizes, workers: int) -> dict[str, float]:
    port = ports.free_port(0)
    mail = {"REX_SMTP_HOST": "127.0.0.1", "REX_SMTP_PORT": str(port), "REX_SMTP_SECURITY": "none"}
    with team(stage.logs) as members:
        members.run("smtp", "python", "-m", "bench.scaling", str(port), str(sizes.delay))
        _workers(stage, members, workers, mail)
        load = machine.load()
        seconds = _mission(stage, sizes.leads)
    return {"leads": sizes.leads, "send_seconds": seconds, "per_second": round(sizes.leads / seconds, 1), "load": load}


def _workers(stage: Stage, members: Team, number: int, mail: dict[str, str]) -> None:
    campaign = crews.queue_of(crews.Crew.CAMPAIGN)
    others = ",".join(crews.queue_of(crew) for crew in crews.Crew if crew is not crews.Crew.CAMPAIGN)
    members.rex("control", "-c", "1", settings=mail)
    members.run("others", *pipeline.WORKER, "-Q", others, "-n", "others@%h", "-c", "1", settings=mail)
    for one in range(number):
        name = f"campaign{one}"
        members.run(name, *pipeline.WORKER, "-Q", campaign, "-n", f"{name}@%h", "-c", "2", settings=mail)
    members.rex("beat", "--schedule", str(stage.logs / "beat-schedule"), settings=mail)
    _mission(stage, 4 * number)


def _mission(stage: Stage, leads: int) -> float:
    """Seconds of sending; every message must have been taken by the mail server."""
    chosen = stage.a_list(leads)
    order = replace(pipeline.order(chosen), sequence="first-touch")
    with db.transaction(stage.tenant) as session:
        session.execute(text("UPDATE tenants SET policy = CAST(:policy AS jsonb)"), {"policy": json.dumps(_POLICY)})
        (mission,) = launch.submit(session, stage.tenant, [order], actor="bench")
    with psycopg.connect(stage.database, autocommit=True) as connection:
        wait_until(_ended(connection, mission), 120, f"the end of mission {mission}")
        row = connection.execute(_SENDING, [mission]).fetchone()
        sent = connection.execute(
            "SELECT count(*) FROM messages WHERE mission_id = %s AND state = 'accepted' AND provider = 'smtp'",
            [mission],
        ).fetchone()
    see("messages that the mail server took", sent, (leads,))
    return round(float(row[0]), 2) if row else 0.0


def _ended(connection: psycopg.Connection[tuple[object, ...]], mission: UUID) -> Callable[[], bool]:
    def ended() -> bool:
        row = connection.execute("SELECT state FROM missions WHERE id = %s", [mission]).fetchone()
        return row is not None and row[0] in {"completed", "failed", "escalated"}

    return ended


class _Slow:
    """A mail server's handler that takes its time over each message."""

    def __init__(self, delay: float) -> None:
        self._delay = delay

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802  aiosmtpd's name
        await asyncio.sleep(self._delay)
        return "250 taken"


async def _serve(port: int, delay: float) -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(_Slow(delay), hostname="bench", enable_SMTPUTF8=True), "127.0.0.1", port
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
