"""Leads per second through a whole mission of REX beside Celery out of the box, and each lead's processor time."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from uuid import UUID, uuid4

import psycopg

from bench import machine
from bench.stage import Stage
from bench.team import Team, cpu_seconds, see, team, wait_until
from rex_celery import crews, db
from rex_celery.missions import launch
from rex_celery.missions.orders import Order, Sender

COMPARED = (
    "REX: a lead_reactivation mission, submitted and completed: audience, steward, score, personalise, compliance, "
    "quality, send, analyse; per-lead outcome and history rows, every message claimed in the ledger and delivered to "
    "the built-in outbox in one commit; one crew worker with its default of 4 prefork children, control, beat. "
    "Peer: bare Celery out of the box, a chord of score | personalise | send chains, one per lead, prefork 2 (its "
    "default on two cores) and 4, Redis as broker and backend; the same scoring and writing, one durable row change a "
    "step, no history, ledger, compliance, quality, progress or recovery. Same Postgres (fsync on), same Valkey, same "
    "people, taken in turns. "
    "Processor time is user + system of all workers, beat, Postgres and Valkey."
)
ORDER = Order("lead_reactivation", "Bench", Sender("Alex Morgan", "alex@example.com", "1 Example Street, Springfield"),
              "a review of your energy bill", autonomy="auto")  # fmt: skip
PATIENCE_SECONDS = 100.0
# The options of a worker in the Procfile.
WORKER = ("celery", "--quiet", "-A", "workers.app", "worker", "--without-gossip", "--without-mingle")
WARM_UP_LEADS = 64
# REX' default, and for the peer also what Celery takes by itself on two cores.
CHILDREN, PEERS = 4, {"bare": 2, "bare_4_children": 4}


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many leads each side carries, and how often."""

    rex: Sequence[int] = (1_000, 10_000)
    bare: int = 1_000
    rounds: int = 3


def measure(stage: Stage, sizes: Sizes = Sizes()) -> dict[str, object]:
    """Run both sides in turns; medians, every round, and the ratios."""
    sides: dict[str, Callable[[], dict[str, float]]] = {}
    for name, children in PEERS.items():
        sides[name] = lambda children=children: _bare(stage, sizes.bare, children)  # type: ignore[misc]
    for leads in sizes.rex:
        sides[f"rex_{leads}"] = lambda leads=leads: _rex(stage, leads)  # type: ignore[misc]
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for _ in range(sizes.rounds):
        for name, run in sides.items():
            rounds[name].append(run())
    medians = {name: _median(found) for name, found in rounds.items()}
    # Beside whichever of its two sizes does the peer more good.
    bare = max((medians[name] for name in PEERS), key=lambda found: found["leads_per_second"])
    ratios = {
        name: {
            "leads_per_second": round(found["leads_per_second"] / bare["leads_per_second"], 1),
            "cpu_ms_per_lead": round(bare["cpu_ms_per_lead"] / found["cpu_ms_per_lead"], 1),
        }
        for name, found in medians.items()
        if name not in PEERS
    }
    return {"compared": COMPARED, "medians": medians, "times_bare": ratios, "rounds": rounds}


def start_rex(stage: Stage, members: Team) -> None:
    """The workers of REX for a mission: one process for the crews, control and beat; ready when one mission ran."""
    queues = ",".join(crews.queue_of(crew) for crew in crews.Crew)
    members.rex("control", "-c", "1")
    members.run("crews", *WORKER, "-n", "crews@%h",
                "-Q", queues, "-c", str(CHILDREN))  # fmt: skip
    members.rex("beat", "--schedule", str(stage.logs / "beat-schedule"))
    run_mission(stage, stage.a_list(WARM_UP_LEADS), WARM_UP_LEADS)


def run_mission(stage: Stage, chosen: UUID, leads: int) -> float:
    """Submit a mission over a list of so many leads and wait for its end; seconds from one to the other.

    Raises:
        ValueError: it did not complete, or did not send exactly one message to everybody.

    """
    began = time.perf_counter()
    with db.transaction(stage.tenant) as session:
        (mission,) = launch.submit(session, stage.tenant, [order(chosen)], actor="bench")
    with psycopg.connect(stage.database, autocommit=True) as connection:
        wait_until(lambda: _state(connection, mission) in _OVER, PATIENCE_SECONDS, f"the end of mission {mission}")
        seconds = time.perf_counter() - began
        _verify(connection, mission, leads)
    return seconds


_OVER = {"completed", "failed", "escalated", "cancelled"}


def order(chosen: UUID) -> Order:
    """A mission over this list that asks nobody."""
    return Order(ORDER.type, ORDER.name, ORDER.sender, ORDER.offer, autonomy=ORDER.autonomy, import_id=chosen)


def _rex(stage: Stage, leads: int) -> dict[str, float]:
    with team(stage.logs) as members:
        start_rex(stage, members)
        chosen = stage.a_list(leads)
        return _counted(stage, members, leads, lambda: run_mission(stage, chosen, leads))


def _bare(stage: Stage, leads: int, children: int) -> dict[str, float]:
    from bench import bare  # it reads its addresses when imported

    with team(stage.logs) as members:
        members.run("bare", "celery", "-A", "bench.bare", "worker", "-c", str(children), "-n", "bare@%h")
        _bare_mission(stage, stage.peer_leads(WARM_UP_LEADS), bare.submit)
        ids = stage.peer_leads(leads)
        return _counted(stage, members, leads, lambda: _bare_mission(stage, ids, bare.submit))


def _bare_mission(stage: Stage, ids: list[str], submit: Callable[[str, list[str]], None]) -> float:
    mission = uuid4()
    began = time.perf_counter()
    submit(str(mission), ids)
    with psycopg.connect(stage.peer_database, autocommit=True) as connection:
        wait_until(lambda: _state(connection, mission) == "completed", PATIENCE_SECONDS, "the end of the chord")
        seconds = time.perf_counter() - began
        sent = _one(connection, "SELECT count(*) FROM messages WHERE state = 'sent'")
        see("messages of bare Celery", sent, len(ids))
    return seconds


def _counted(stage: Stage, members: Team, leads: int, run: Callable[[], float]) -> dict[str, float]:
    counted = [*members.processes(), *stage.servers()]
    before, load = cpu_seconds(counted), machine.load()
    seconds = run()
    return {
        "leads": leads,
        "seconds": round(seconds, 3),
        "leads_per_second": round(leads / seconds, 1),
        "cpu_ms_per_lead": round((cpu_seconds(counted) - before) / leads * 1000, 4),
        "load": load,
    }


def _verify(connection: psycopg.Connection[tuple[object, ...]], mission: UUID, leads: int) -> None:
    see("state of the mission", _state(connection, mission), "completed")
    counts = {
        "sent": "SELECT sum(sent) FROM outcome_counters WHERE mission_id = %s",
        "accepted": "SELECT count(*) FROM messages WHERE mission_id = %s AND state = 'accepted' AND attempts = 1",
        "scored and written in the history": "SELECT count(*) FROM lead_history WHERE mission_id = %s"
        " AND agent = 'reviver'",
        "sent in the history": "SELECT count(*) FROM lead_history WHERE mission_id = %s AND state = 'sent'",
        "delivered": "SELECT count(DISTINCT message_id) FROM outbox JOIN messages AS m ON m.id = message_id"
        " WHERE m.mission_id = %s",
    }
    for what, query in counts.items():
        found = _one(connection, query, mission)
        see(what, found, leads)


def _state(connection: psycopg.Connection[tuple[object, ...]], mission: UUID) -> object:
    return _one(connection, "SELECT state FROM missions WHERE id = %s", mission)


def _one(connection: psycopg.Connection[tuple[object, ...]], query: str, *values: object) -> object:
    row = connection.execute(query, values).fetchone()
    return row[0] if row else None


def _median(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(median(found[name] for found in rounds), 4) for name in rounds[0]}
