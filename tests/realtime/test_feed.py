from uuid import UUID, uuid4

from rex_celery import bus, db
from rex_celery.events import SendingReleased, SendingStopped
from rex_celery.realtime import feed
from tests.factories import a_mission


def publish(tenant: UUID, count: int = 1) -> None:
    with db.transaction(tenant) as session:
        bus.publish(session, tenant, *[SendingStopped(None) for _ in range(count)])


def test_events_come_in_order_after_the_number_asked_for(tenant: UUID) -> None:
    publish(tenant, 5)
    assert [event.seq for event in feed.read(tenant, 2)] == [3, 4, 5]
    assert [event.seq for event in feed.read(tenant, 0, upto=4, limit=2)] == [1, 2]
    assert [event.seq for event in feed.read(tenant, 0, upto=1)] == [1]
    assert feed.read(tenant, 5) == []


def test_an_event_comes_as_it_was_published(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        bus.publish(session, tenant, SendingReleased(None))
    (event,) = feed.read(tenant, 0)
    assert (event.type, event.mission_id, dict(event.payload)) == ("system.sending_released", None, {})
    assert event.at.tzinfo is not None


def test_a_tenant_reads_no_other_tenants_events(tenant: UUID, other_tenant: UUID) -> None:
    publish(other_tenant, 3)
    assert feed.read(tenant, 0) == []


def test_heads_tell_how_far_each_log_reaches(tenant: UUID, other_tenant: UUID) -> None:
    publish(tenant, 4)
    assert feed.heads([tenant, other_tenant]) == {tenant: 4, other_tenant: 0}


def test_a_mission_of_another_tenant_is_no_mission(tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(other_tenant) as session:
        theirs = a_mission(session, other_tenant).id
    assert feed.has_mission(other_tenant, theirs)
    assert not feed.has_mission(tenant, theirs)
    assert not feed.has_mission(tenant, uuid4())
