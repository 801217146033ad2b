"""Each endpoint gets each event that it asked for, once, however many hand on at the same time."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import text

from rex_celery import db
from rex_celery.webhooks import endpoints, fanout
from tests.webhooks.rows import an_endpoint, happen

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def handed_on(tenant: UUID, endpoint_id: UUID) -> list[tuple[int, str]]:
    query = text("SELECT seq, type FROM webhook_deliveries WHERE endpoint_id = :id ORDER BY seq")
    with db.transaction(tenant) as session:
        return [(row.seq, row.type) for row in session.execute(query, {"id": endpoint_id})]


def test_an_endpoint_hears_of_what_happens_after_it_was_made(tenant: UUID) -> None:
    happen(tenant, 2)
    endpoint, _ = an_endpoint(tenant)
    fanout.run_round(NOW)
    assert handed_on(tenant, endpoint.id) == []
    happen(tenant, 1, 1)
    fanout.run_round(NOW)
    assert handed_on(tenant, endpoint.id) == [(3, "system.sending_stopped"), (4, "mission.paused")]


def test_only_what_was_asked_for_is_handed_on(tenant: UUID) -> None:
    wanted = {"mission.*": 1, "mission.paused": 1, "mission": 0, "miss.*": 0, "*": 3, "system.sending_stopped": 2}
    made = {name: an_endpoint(tenant)[0].id for name in wanted}
    with db.transaction(tenant) as session:
        ask = text("UPDATE webhook_endpoints SET events = jsonb_build_array(CAST(:name AS text)) WHERE id = :id")
        session.execute(ask, [{"name": name, "id": id_} for name, id_ in made.items()])
    happen(tenant, 2, 1)
    fanout.run_round(NOW)
    assert {name: len(handed_on(tenant, endpoint)) for name, endpoint in made.items()} == wanted


def test_the_payload_says_what_when_and_in_which_place(tenant: UUID) -> None:
    an_endpoint(tenant)
    happen(tenant)
    fanout.run_round(NOW)
    with db.transaction(tenant) as session:
        payload = session.scalar(text("SELECT payload FROM webhook_deliveries"))
        at = session.scalar(text("SELECT at FROM events"))
    assert payload.pop("at") == at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    named = {"id": f"{tenant}-1", "seq": 1, "type": "system.sending_stopped", "mission_id": None, "payload": {}}
    assert payload == named


def test_many_rounds_at_once_hand_each_event_on_once_and_none_is_lost(tenant: UUID) -> None:
    made = [an_endpoint(tenant)[0].id for _ in range(3)]
    stop = threading.Event()

    def hand_on() -> None:
        while not stop.is_set():
            fanout.run_round(NOW)

    with ThreadPoolExecutor(4) as pool:
        rounds = [pool.submit(hand_on) for _ in range(2)]
        writers = [pool.submit(lambda: [happen(tenant) for _ in range(40)]) for _ in range(2)]
        for writer in writers:
            writer.result(60)
        stop.set()
        for each in rounds:
            each.result(60)
    fanout.run_round(NOW)
    for endpoint in made:
        assert [seq for seq, _ in handed_on(tenant, endpoint)] == list(range(1, 81))


def test_a_long_list_is_handed_on_in_parts(tenant: UUID) -> None:
    endpoint, _ = an_endpoint(tenant)
    happen(tenant, 1200)
    assert fanout.run_round(NOW) >= 1200
    assert len(handed_on(tenant, endpoint.id)) == 1200
    assert fanout.run_round(NOW) == 0


def test_a_disabled_endpoint_is_left_where_it_stands_and_goes_on_there(tenant: UUID) -> None:
    endpoint, _ = an_endpoint(tenant)
    with db.transaction(tenant) as session:
        endpoints.disable(session, endpoint.id, "a reason")
    happen(tenant, 2)
    fanout.run_round(NOW)
    assert handed_on(tenant, endpoint.id) == []
    with db.transaction(tenant) as session:
        endpoints.enable(session, tenant, endpoint.id, NOW, skip_missed=False)
    fanout.run_round(NOW)
    assert [seq for seq, _ in handed_on(tenant, endpoint.id)] == [1, 2]


def test_what_was_missed_can_be_skipped(tenant: UUID) -> None:
    endpoint, _ = an_endpoint(tenant)
    happen(tenant)
    fanout.run_round(NOW)
    with db.transaction(tenant) as session:
        endpoints.disable(session, endpoint.id, "a reason")
    happen(tenant)
    with db.transaction(tenant) as session:
        endpoints.enable(session, tenant, endpoint.id, NOW, skip_missed=True)
    happen(tenant)
    fanout.run_round(NOW)
    query = text("SELECT seq, state FROM webhook_deliveries ORDER BY seq")
    with db.transaction(tenant) as session:
        assert [tuple(row) for row in session.execute(query)] == [(1, "failed"), (3, "pending")]


def test_tenants_hear_of_their_own_events_only(tenant: UUID, other_tenant: UUID) -> None:
    mine, theirs = an_endpoint(tenant)[0], an_endpoint(other_tenant)[0]
    happen(tenant)
    fanout.run_round(NOW)
    assert (len(handed_on(tenant, mine.id)), handed_on(other_tenant, theirs.id)) == (1, [])
