"""What a measurement was made on: figures of two machines, or of a busy and an idle one, cannot be compared."""

import platform
import time
from importlib.metadata import version
from pathlib import Path

import psutil
import psycopg
import redis

from bench.stage import Stage

_PACKAGES = ("celery", "kombu", "redis", "flask", "gunicorn", "psycopg", "sqlalchemy")


def describe(stage: Stage) -> dict[str, object]:
    """The machine, its load at this moment, and the versions of everything that takes part."""
    with psycopg.connect(stage.database) as connection:
        settings = ("server_version", "fsync", "synchronous_commit", "shared_buffers")
        postgres = {name: connection.execute(f"SHOW {name}").fetchone()[0] for name in settings}  # type: ignore[index]
    valkey = redis.Redis.from_url(stage.redis_url).info("server")
    return {
        "cpu": _cpu(),
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "postgres": postgres,
        "valkey": valkey.get("valkey_version", valkey.get("redis_version")),
        "packages": {name: version(name) for name in _PACKAGES},
        "load_before": [round(load, 2) for load in psutil.getloadavg()],
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def load() -> float:
    """The load average of the last minute."""
    return round(psutil.getloadavg()[0], 2)


def _cpu() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
