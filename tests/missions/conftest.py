"""Carrying work by hand: what would go to Redis is kept in a list and run in this process, as a test likes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest

from rex_celery import broker, clock, db
from rex_celery.embedded.services import Services
from rex_celery.flow import Call, Flow, Sequence, Together
from rex_celery.missions import engine, launch
from rex_celery.missions.orders import Order, Sender
from tests.factories import a_lead, an_import
from workers.app import app

SENDER = Sender("Alex Morgan", "alex@example.com", "1 Example Street, Springfield")


@dataclass
class HandCarrier:
    """Takes the place of Redis and the workers: the calls that were published, in order, and what became of each."""

    waiting: list[Call] = field(default_factory=list)
    done: list[tuple[Call, object]] = field(default_factory=list)

    def publish(self, flows: Iterable[Flow]) -> None:
        for flow in flows:
            match flow:
                case Call():
                    self.waiting.append(flow)
                case Sequence():
                    self.waiting.extend(flow.calls)
                case Together():
                    self.waiting.extend((*flow.calls, flow.then))

    def run(self, call: Call) -> object:
        result = app.tasks[call.task].apply(args=call.arguments).get()
        self.done.append((call, result))
        return result

    def run_all(self, *, until: Callable[[], bool] = lambda: False) -> None:
        """Run what was published, and what that publishes, to the end; the engine looks again when nothing is left."""
        while not until():
            if not self.waiting and not engine.run_round():
                return
            while self.waiting and not until():
                self.run(self.waiting.pop(0))


@pytest.fixture
def carrier(database: Services, empty_engine: None, monkeypatch: pytest.MonkeyPatch) -> HandCarrier:
    app.loader.import_default_modules()
    carrier = HandCarrier()
    monkeypatch.setattr(broker, "publish", carrier.publish)
    return carrier


def an_order(**fields: object) -> Order:
    values = {
        "type": "lead_reactivation",
        "name": "Wake the quiet ones",
        "sender": SENDER,
        "offer": "a 20-minute review of your energy bill",
        "autonomy": "auto",
    }
    return Order(**{**values, **fields})  # type: ignore[arg-type]


def submitted(tenant_id: UUID, leads: int = 12, **fields: object) -> UUID:
    """A mission over a list of this many leads, of which every fourth is a customer and so skipped."""
    with db.transaction(tenant_id) as session:
        rows = [a_lead(session, tenant_id, **_lead(number)) for number in range(leads)]
        imported = an_import(session, tenant_id, *rows) if rows else an_import(session, tenant_id)
        order = an_order(import_id=imported.id, **fields)
        return launch.submit(session, tenant_id, [order], actor="a test")[0]


def _lead(number: int) -> dict[str, object]:
    """Every fourth is a customer. The engine reads the real clock, so the last activity is counted from today."""
    stage = "Closed Won" if number % 4 == 3 else "Proposal Sent"
    return {"deal_stage": stage, "last_activity_on": clock.now().date() - timedelta(days=100), "phone": None}
