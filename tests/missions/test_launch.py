"""Submitting missions: all or none, and every problem at once."""

from uuid import UUID, uuid4

import pytest

from rex_celery import db
from rex_celery.errors import InvalidError, NotFoundError, RefusedError
from rex_celery.missions import launch
from rex_celery.missions.orders import Order, Sender
from tests.factories import an_import
from tests.missions import asking
from tests.missions.conftest import HandCarrier, an_order


def submit(tenant: UUID, *orders: Order) -> list[UUID]:
    with db.transaction(tenant) as session:
        return launch.submit(session, tenant, orders, actor="a test")


def stored(tenant: UUID) -> object:
    return asking.one(tenant, "SELECT count(*) FROM missions")


def test_a_mission_is_stored_with_its_whole_plan_and_the_engine_is_woken(carrier: HandCarrier, tenant: UUID) -> None:
    (mission,) = submit(tenant, an_order(priority=70))
    assert asking.state_of(tenant, mission) == "queued"
    assert asking.one(tenant, "SELECT count(*) FROM steps WHERE mission_id = :id", id=mission) == 10
    assert [call.task for call in carrier.waiting] == ["control.top_up"]


def test_all_problems_are_named_at_once(carrier: HandCarrier, tenant: UUID) -> None:
    with pytest.raises(InvalidError) as refused:
        submit(tenant, an_order(type="spam", priority=101, offer=" ", sender=Sender("", "", "")))
    assert {problem.where for problem in refused.value.problems} == {
        *("type", "priority", "offer"),
        *("sender.name", "sender.email", "sender.postal_address"),
    }
    assert stored(tenant) == 0


@pytest.mark.parametrize("address", ["not-an-address", "ada@", "ada@example.com, bob@example.com"])
def test_a_sender_s_address_that_is_none_is_refused_before_anything_is_written(
    carrier: HandCarrier, tenant: UUID, address: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        submit(tenant, an_order(sender=Sender("Ada", address, "1 Main Street")))
    [problem] = refused.value.problems
    assert problem.where == "sender.email"
    assert address in problem.what
    assert stored(tenant) == 0


def test_one_bad_mission_among_many_stores_none_and_says_which(carrier: HandCarrier, tenant: UUID) -> None:
    with pytest.raises(InvalidError) as refused:
        submit(tenant, an_order(), an_order(framework="XYZ"))
    assert [problem.where for problem in refused.value.problems] == ["missions[1].framework"]
    assert stored(tenant) == 0


def test_a_type_whose_agents_are_not_built_is_refused_by_their_names(carrier: HandCarrier, tenant: UUID) -> None:
    with pytest.raises(RefusedError, match="icp_intelligence, scraper, lead_sourcer") as refused:
        submit(tenant, an_order(type="icp_extraction"))
    assert refused.value.code == "agent_not_built"
    assert stored(tenant) == 0


def test_a_list_of_another_tenant_is_not_there(carrier: HandCarrier, tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(other_tenant) as session:
        theirs = an_import(session, other_tenant).id
    for unknown in (theirs, uuid4()):
        with pytest.raises(NotFoundError):
            submit(tenant, an_order(import_id=unknown))
    assert stored(tenant) == 0


def test_more_than_a_hundred_at_once_are_refused(carrier: HandCarrier, tenant: UUID) -> None:
    assert len(submit(tenant, *[an_order()] * 100)) == 100
    with pytest.raises(InvalidError, match="101 missions"):
        submit(tenant, *[an_order()] * 101)
    assert stored(tenant) == 100


def test_a_mission_without_a_name_gets_one(carrier: HandCarrier, tenant: UUID) -> None:
    (mission,) = submit(tenant, an_order(name="  "))
    name = str(asking.one(tenant, "SELECT name FROM missions WHERE id = :id", id=mission))
    assert name.startswith("lead_reactivation ")


def test_an_offer_that_cannot_be_printed_is_refused(carrier: HandCarrier, tenant: UUID) -> None:
    with pytest.raises(InvalidError) as refused:
        submit(tenant, an_order(offer="a {{ discount }} for you"))
    assert [problem.where for problem in refused.value.problems] == ["offer"]
