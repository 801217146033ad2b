"""``make bench``: REX beside plain Celery and Flask, taken in turns on one machine; results as files and as a table."""

import argparse
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from bench import intake, machine, pipeline, ready, report, scaling, simulation, web
from bench import stage as stages

MEASUREMENTS: dict[str, Callable[[stages.Stage], dict[str, object]]] = {
    "pipeline": pipeline.measure,
    "web": web.measure,
    "intake": intake.measure,
    "simulation": simulation.measure,
    "scaling": scaling.measure,
    "ready": ready.measure,
}


def main() -> None:
    """Run the measurements that were asked for, or all."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    with stages.ready(options.home) as stage:
        os.environ["BENCH_PEER_REDIS"] = stage.peer_redis_url  # noqa: TID251  the peer's only settings
        os.environ["BENCH_PEER_DATABASE"] = stage.peer_database  # noqa: TID251
        for name in options.only or MEASUREMENTS:
            stage.clear()
            found = {"machine": machine.describe(stage), **MEASUREMENTS[name](stage)}
            report.keep(options.results, name, found)
            report.show(name, found)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("only", nargs="*", choices=[*MEASUREMENTS, []], help="which measurements; all unless named")
    parser.add_argument("--home", type=Path, help="the REX_HOME to use; a temporary one unless given")
    parser.add_argument("--results", type=Path, default=report.RESULTS, help="the folder of the result files")
    return parser.parse_args()


if __name__ == "__main__":
    main()
