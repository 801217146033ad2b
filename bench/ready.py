"""Seconds from ``rex up`` to ready: with an empty REX_HOME, and again with what the first start left."""

import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from bench import machine
from bench.stage import Stage
from bench.team import Team, see, team, wait_until
from rex_celery.embedded import ports

COMPARED = (
    "`rex up` (what `make up` runs when everything is installed) until it says that it is ready: its own /health/ready "
    "answers 200 and a worker serves every queue. First with an empty REX_HOME (cluster, migrations, first key), then "
    "again; and the seconds of an orderly stop. Packages and the built screen are there."
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How often."""

    rounds: int = 2


def measure(stage: Stage, sizes: Sizes = Sizes()) -> dict[str, object]:
    """Start REX cold and warm in turns."""
    rounds: dict[str, list[dict[str, float]]] = {"cold": [], "warm": []}
    for _ in range(sizes.rounds):
        with tempfile.TemporaryDirectory(prefix="rex-ready-") as folder:
            Path(folder).chmod(0o711)
            for found in rounds.values():
                found.append(_start(stage, Path(folder) / "home"))
    medians = {name: {key: median(one[key] for one in found) for key in found[0]} for name, found in rounds.items()}
    return {"compared": COMPARED, "medians": medians, "rounds": rounds}


def _start(stage: Stage, home: Path) -> dict[str, float]:
    own = {"REX_HOME": str(home), "REX_PORT": str(ports.free_port(0)), "REX_LIVE_PORT": str(ports.free_port(0)),
           "REX_FLOWER_PORT": str(ports.free_port(0))}  # fmt: skip
    log = stage.logs / "bench-up.log"
    log.unlink(missing_ok=True)
    with team(stage.logs) as members:
        load, began = machine.load(), time.perf_counter()
        members.run(
            "up",
            "python",
            "-c",
            "from rex_celery.cli.main import run; run()",
            "up",
            settings=own,
            without=("DATABASE_URL", "REX_APP_DATABASE_URL", "REDIS_URL"),
        )
        wait_until(lambda: _says_ready(log), 120, "rex up is ready")
        ready = time.perf_counter() - began
        began = time.perf_counter()
        stopped = _stop(members)
        see("exit code of rex up", stopped, 0)
        return {
            "ready_seconds": round(ready, 2),
            "stop_seconds": round(time.perf_counter() - began, 2),
            "load": load,
        }


def _stop(members: Team) -> int:
    (up,) = members.processes()
    up.send_signal(signal.SIGINT)
    return int(psutil.wait_procs([up], timeout=60)[0][0].returncode)


def _says_ready(log: Path) -> bool:
    return log.exists() and b"REX is ready" in log.read_bytes()
