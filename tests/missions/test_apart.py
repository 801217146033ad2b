"""One mission's trouble holds up no other."""

from uuid import UUID

import pytest

from rex_celery.missions import collect, reconcile
from tests.missions import asking
from tests.missions.conftest import HandCarrier
from tests.missions.following import change, following
from workers.base import attempt

ENDED = "UPDATE enrolments SET state = 'completed'"


@pytest.mark.parametrize("ill_is_first", [True, False])
def test_a_mission_that_cannot_be_looked_after_holds_up_no_other(
    carrier: HandCarrier, tenant: UUID, monkeypatch: pytest.MonkeyPatch, *, ill_is_first: bool
) -> None:
    missions = sorted(following(tenant, leads=2) for _ in range(2))
    carrier.run_all()
    ill, well = missions if ill_is_first else missions[::-1]
    change(tenant, ENDED)
    look = collect.look

    def choking(session: object, tenant_id: UUID, mission_id: UUID) -> None:
        if mission_id == ill:
            raise ValueError("something nobody thought of")
        look(session, tenant_id, mission_id)  # type: ignore[arg-type]

    monkeypatch.setattr(collect, "look", choking)
    reconcile.run_round(attempt)
    carrier.run_all()
    assert (asking.state_of(tenant, well), asking.state_of(tenant, ill)) == ("completed", "collecting")
