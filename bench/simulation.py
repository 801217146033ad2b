"""How long a simulation takes: 5 000 people, six steps over 30 days, on the real code with its database."""

from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from time import perf_counter

from bench import machine
from bench.stage import Stage
from rex_celery.simulation.asked import Asked
from rex_celery.simulation.run import simulate

COMPARED = (
    "rex simulate over {leads} made-up people and 30 virtual days with the shipped reactivation sequences and 5 "
    "SendGrid inboxes of 400 messages a day, in one process beside Postgres; every message is claimed, looked at once "
    "more, recorded and told of by its provider, and the sums are checked at the end."
)
# The same on every run: a Monday, before anybody's working day begins.
_BEGIN = datetime(2026, 6, 1, 8, tzinfo=UTC)
_INBOXES = tuple(
    {"provider": "sendgrid", "address": f"sender{number}@outreach.example", "per_day": 400, "per_hour": 66}
    for number in range(5)
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many people, and how often."""

    leads: int = 5000
    rounds: int = 2


def measure(stage: Stage, sizes: Sizes = Sizes()) -> dict[str, object]:
    """Simulate the same campaign several times."""
    rounds = [_run(stage, sizes.leads) for _ in range(sizes.rounds)]
    medians = {key: median(one[key] for one in rounds) for key in rounds[0]}
    compared = COMPARED.format(leads=sizes.leads)
    return {"compared": compared, "medians": {f"{sizes.leads}_people": medians}, "rounds": rounds}


def _run(stage: Stage, leads: int) -> dict[str, float]:
    load, began = machine.load(), perf_counter()
    report = simulate(stage.tenant, Asked(leads=leads, starts_at=_BEGIN, inboxes=_INBOXES))
    seconds = perf_counter() - began
    if not report.adds_up or report.people["planned"] != leads:
        raise AssertionError(f"The simulation does not add up: {report.people} {report.messages}")
    return {
        "seconds": round(seconds, 1),
        "sent": report.messages["sent"],
        "messages": report.messages["planned"],
        "days": len(report.days),
        "load": load,
    }
