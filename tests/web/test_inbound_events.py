"""Looking at what came in."""

from uuid import UUID

import psycopg
from flask.testing import FlaskClient
from sqlalchemy import text

from rex_celery import db
from rex_celery.tenancy.access import Role
from rex_celery.webhooks import receive
from rex_celery.webhooks.receive import Item, Source
from tests.web.conftest import Someone

Owner = psycopg.Connection[tuple[object, ...]]
IN = "/api/rex/webhooks/in"


def came_in(tenant: UUID, **states: str) -> None:
    with db.transaction(tenant) as session:
        receive.keep(session, tenant, Source(None, "sendgrid", "sendgrid.event"), [Item(name, {}) for name in states])
        for name, state in states.items():
            session.execute(
                text("UPDATE inbound_events SET state = :state, note = 'why', attempts = 5 WHERE event_id = :name"),
                {"state": state, "name": name},
            )


def test_what_matched_nothing_is_listed_with_its_reason(admin: FlaskClient, tenant: UUID) -> None:
    came_in(tenant, a="applied", b="unmatched", c="failed")
    (found,) = admin.get(IN, query_string={"state": "unmatched"}).json["items"]
    assert (found["event_id"], found["kind"], found["note"]) == ("b", "sendgrid.event", "why")
    assert "payload" not in found
    assert len(admin.get(IN, query_string={"kind": "sendgrid.event"}).json["items"]) == 3
    assert admin.get(IN, query_string={"kind": "imap"}).json["items"] == []
    assert admin.get(IN, query_string={"state": "lost"}).status_code == 422


def test_the_list_goes_on_where_it_ended(admin: FlaskClient, tenant: UUID) -> None:
    came_in(tenant, **{f"e{number}": "applied" for number in range(5)})
    first = admin.get(IN, query_string={"limit": 3}).json
    rest = admin.get(IN, query_string={"limit": 3, "cursor": first["next_cursor"]}).json
    names = [one["event_id"] for one in (*first["items"], *rest["items"])]
    assert sorted(names) == [f"e{number}" for number in range(5)]
    assert rest["next_cursor"] is None


def test_what_failed_is_tried_again_when_a_person_asks(admin: FlaskClient, someone: Someone, tenant: UUID) -> None:
    came_in(tenant, bad="failed", good="applied")
    ids = {one["event_id"]: one["id"] for one in admin.get(IN).json["items"]}
    assert someone(tenant, Role.VIEWER).post(f"{IN}/{ids['bad']}/retry").status_code == 403
    again = admin.post(f"{IN}/{ids['bad']}/retry")
    assert (again.json["state"], again.json["attempts"], again.json["run_after"]) == ("pending", 0, None)
    assert admin.post(f"{IN}/{ids['bad']}/retry").status_code == 409
    assert admin.post(f"{IN}/{ids['good']}/retry").status_code == 409
    assert admin.post(f"{IN}/{2**40}/retry").status_code == 404


def test_what_waits_is_measured(nobody: FlaskClient, tenant: UUID, owner_connection: Owner) -> None:
    owner_connection.execute("TRUNCATE inbound_events")
    assert "rex_inbound_waiting 0.0" in nobody.get("/api/rex/metrics").text
    came_in(tenant, a="pending", b="pending", c="applied")
    owner_connection.execute("UPDATE inbound_events SET received_at = received_at - interval '90 seconds'")
    told = dict(line.rsplit(" ", 1) for line in nobody.get("/api/rex/metrics").text.splitlines() if "inbound" in line)
    assert float(told["rex_inbound_waiting"]) == 2
    assert 90 <= float(told["rex_inbound_oldest_seconds"]) < 120
