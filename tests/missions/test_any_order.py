"""Whatever happens in whatever order (lost, doubled and late messages, dead workers, pauses, an emptied Redis), a
mission ends, nobody is written to twice, and it adds up."""

from uuid import UUID

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from rex_celery import db, redis
from rex_celery.errors import ConflictError
from rex_celery.missions import control, leases, reconcile
from rex_celery.work import WorkRef
from tests.missions import asking
from tests.missions.conftest import HandCarrier, submitted
from tests.missions.test_control import act

Owner = psycopg.Connection[tuple[object, ...]]

ACTIONS = st.sampled_from(["run", "run", "run", "run", "again", "lose", "die", "flush", "pause", "resume", "tick"])


class World:
    """One mission and all that may happen to it."""

    def __init__(self, carrier: HandCarrier, tenant: UUID, owner: Owner) -> None:
        self.carrier, self.tenant, self.owner = carrier, tenant, owner
        self.mission = submitted(tenant, leads=12)

    def happen(self, action: str, which: int) -> None:
        waiting = self.carrier.waiting
        chosen = which % len(waiting) if waiting else None
        match action:
            case "run" if chosen is not None:
                self.carrier.run(waiting.pop(chosen))
            case "again" if self.carrier.done:
                self.carrier.run(self.carrier.done[which % len(self.carrier.done)][0])
            case "lose" if chosen is not None:
                waiting.pop(chosen)
            case "die" if chosen is not None:
                self.die(waiting.pop(chosen).arguments)
            case "flush":
                waiting.clear()
                redis.client().flushdb()
            case "tick":
                self.tick()
            case "pause" | "resume":
                self.person(action)

    def die(self, arguments: tuple[str | int | None, ...]) -> None:
        """A worker takes the work and is never heard of again."""
        if len(arguments) == 5:
            ref = WorkRef.read(*arguments)  # type: ignore[arg-type]
            with db.transaction(ref.tenant_id) as session:
                agent = session.execute(
                    text("SELECT agent FROM steps WHERE id = :id"), {"id": ref.step_id}
                ).scalar_one()
                leases.claim(session, ref, agent)

    def tick(self) -> None:
        """Time passes: leases and patience run out, and the sweeper looks."""
        self.owner.execute("UPDATE chunks SET lease_until = now() - interval '1 second' WHERE state = 'running'")
        self.owner.execute("UPDATE chunks SET queued_at = now() - interval '1 hour' WHERE state = 'queued'")
        self.owner.execute("UPDATE chunks SET losses = 0")  # dying often is not what this is about
        reconcile.run_round()

    def person(self, action: str) -> None:
        try:
            act(control.pause if action == "pause" else control.resume, self.tenant, self.mission)
        except ConflictError:
            return

    def end(self) -> None:
        self.person("resume")
        for _ in range(40):
            if asking.state_of(self.tenant, self.mission) == "completed":
                return
            self.tick()
            self.carrier.run_all()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings=st.lists(st.tuples(ACTIONS, st.integers(0, 50)), min_size=10, max_size=40))
def test_any_order_of_happenings_ends_well(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner, happenings: list[tuple[str, int]]
) -> None:
    carrier.waiting.clear()
    carrier.done.clear()
    world = World(carrier, tenant, owner_connection)
    for action, which in happenings:
        world.happen(action, which)
        assert all(times == 1 for times in asking.delivered(tenant).values())
    world.end()
    assert asking.state_of(tenant, world.mission) == "completed"
    assert asking.leads_of(tenant, world.mission) == {("sent", None): 9, ("skipped", "customer"): 3}
    assert all(times == 1 for times in asking.delivered(tenant).values())
    assert asking.adds_up(tenant, world.mission)
    twice = "SELECT count(*) - count(DISTINCT payload->>'key') FROM events WHERE mission_id = :id AND type = :type"
    assert asking.one(tenant, twice, id=world.mission, type="step.finished") == 0
