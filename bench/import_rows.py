"""Imports a generated list of a million rows and says how fast it was and how much memory it took."""

import argparse
import json
import platform
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

import psutil
from alembic.config import Config

from alembic import command
from rex_celery import config, db
from rex_celery.embedded import services
from rex_celery.leads.importing import ImportResult, import_csv
from rex_celery.models import Tenant

RESULTS = Path(__file__).parent / "results" / "import.json"
HEADER = (
    "Record ID,Full Name,Email,Phone Number,Company,Job Title,City,State/Region,Country,Lead Source,Lead Status,"
    "Create Date,Last Activity Date,Last Activity,Activities,Deal Stage,Deal Amount,Notes\n"
)
FIRST = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Radia", "Ken", "Margaret", "Frances", "Hedy", "Tim")
LAST = ("Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Perlman", "Thompson", "Hamilton", "Lamarr")
STATES = ("Texas", "Ohio", "New York", "California", "Illinois", "Florida", "Georgia", "Michigan", "Washington")
STAGES = ("Prospecting", "Proposal Sent", "Negotiation", "Closed Lost", "Closed Won", "")
NOTE = "Asked for a quote and a comparison with their present tool, then went quiet after the budget round."
DUPLICATES = 0.05
BROKEN = 0.01


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--home", type=Path, help="REX_HOME of the servers to use; a temporary one by default")
    arguments.add_argument("--twice", action="store_true", help="import the same list again: every row is a merge")
    arguments.add_argument("--output", type=Path, default=RESULTS)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="rex-bench-") as folder:
        Path(folder).chmod(0o711)  # started by root, Postgres runs as another account
        home = options.home or Path(folder) / "home"
        with services.using(home) as running:
            services.use(running)
            _migrate(running)
            figures = _measure(Path(folder) / "leads.csv", options.rows, home, twice=options.twice)
            db.engine().dispose()
    options.output.parent.mkdir(exist_ok=True)
    options.output.write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))


def _measure(file: Path, rows: int, home: Path, *, twice: bool) -> dict[str, object]:
    _generate(file, rows)
    tenant = uuid4()
    with db.control() as session:
        session.add(Tenant(id=tenant, name="Bench", slug=f"bench-{tenant.hex}"))
    runs = [_import(file, tenant, home) for _ in range(2 if twice else 1)]
    return {
        "what": "CSV import: parsed, normalised, merged and committed, on the embedded Postgres with fsync on",
        "machine": {
            "cpus": psutil.cpu_count(),
            "memory_gb": round(psutil.virtual_memory().total / 2**30),
            "processor": platform.processor() or platform.machine(),
            "python": platform.python_version(),
            # Negative where the benchmark went before the other programs of a shared machine.
            "nice": psutil.Process().nice(),
            "load_before": [round(load, 2) for load in psutil.getloadavg()],
        },
        "file_mb": round(file.stat().st_size / 2**20, 1),
        "runs": runs,
    }


def _import(file: Path, tenant: UUID, home: Path) -> dict[str, object]:
    process = psutil.Process()
    before = process.memory_info().rss
    start, python, postgres = time.perf_counter(), time.process_time(), _postgres_seconds(home)
    with file.open("rb") as stream:
        watched = _Watched(stream, file.stat().st_size)
        result = import_csv(watched, tenant_id=tenant, filename=file.name, mapping=None, actor="bench")  # type: ignore[arg-type]
    seconds = time.perf_counter() - start
    return {
        **_counts(result),
        "seconds": round(seconds, 2),
        "rows_per_second": round(result.rows / seconds),
        # Beside the time on the clock, because other programs may take their share of the machine.
        "python_cpu_seconds": round(time.process_time() - python, 2),
        "postgres_cpu_seconds": round(_postgres_seconds(home) - postgres, 2),
        "memory_mb": {
            "before": before >> 20,
            **watched.memory,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        },
    }


def _postgres_seconds(home: Path) -> float:
    server = psutil.Process(int((home / "postgres" / "data" / "postmaster.pid").read_text().split()[0]))
    return float(sum(sum(process.cpu_times()[:2]) for process in [server, *server.children()]))


def _counts(result: ImportResult) -> dict[str, int]:
    return {name: getattr(result, name) for name in ("rows", "created", "merged", "rejected", "members")}


class _Watched:
    """A stream that notes the process's memory at every tenth of the file."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._size, self._read = stream, size, 0
        self.memory: dict[str, int] = {}

    def read(self, size: int = -1) -> bytes:
        part = self._stream.read(size)
        self._read += len(part)
        tenth = 10 * (10 * self._read // self._size)
        if tenth and f"at_{tenth}_percent" not in self.memory:
            self.memory[f"at_{tenth}_percent"] = psutil.Process().memory_info().rss >> 20
        return part


def _generate(file: Path, rows: int) -> None:
    """People with the same seed every time: 5 % named twice, 1 % of the rows broken, telephones all different."""
    chance = random.Random(1)  # noqa: S311  the same list for everybody
    with file.open("w", encoding="utf-8") as out:
        out.write(HEADER)
        for number in range(rows):
            person = chance.randrange(number + 1) if chance.random() < DUPLICATES else number
            out.write(_row(number, person, chance))


def _row(number: int, person: int, chance: random.Random) -> str:
    first, last = chance.choice(FIRST), chance.choice(LAST)
    email = "not an address" if chance.random() < BROKEN else f"person{person}@example.com"
    phone = f"({chance.randrange(201, 990)}) {chance.randrange(200, 999)}-{chance.randrange(10_000):04d}"
    return (
        f"R{number},{first} {last},{email},{phone},Company {person % 5000},Head of Sales,Springfield,"
        f"{chance.choice(STATES)},USA,Event,Working,2025-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d},"
        f"2026-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d},Call,{chance.randrange(9)},"
        f'{chance.choice(STAGES)},{chance.randrange(100_000) / 10},"{NOTE}"\n'
    )


def _migrate(running: services.Services) -> None:
    alembic = Config(config.CHECKOUT / "alembic.ini")
    alembic.attributes["url"] = running.database_url
    command.upgrade(alembic, "head")
    services.grant_roles(running)


if __name__ == "__main__":
    sys.exit(main())
